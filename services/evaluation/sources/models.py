"""Table of sources."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.resource import Base, ResourceColumns
from chassis.search.columns import FoundBy, Searchable, search_indexes


class Source(Searchable, ResourceColumns, Base):
    """`published` is as exact as is known: a year, a month or a day."""

    __tablename__ = "source"
    __table_args__ = (
        UniqueConstraint("code", name="uq_source_code"),
        CheckConstraint(r"published ~ '^\d{4}(-\d{2}(-\d{2})?)?$'", name="published_date"),
        *search_indexes("source"),
    )

    found_by = FoundBy(names=("title",), texts=("publisher",))

    code: Mapped[str] = mapped_column(String)
    title: Mapped[str] = mapped_column(String)
    publisher: Mapped[str | None] = mapped_column(String)
    published: Mapped[str | None] = mapped_column(String)
    address: Mapped[str | None] = mapped_column(String)
    licence: Mapped[str | None] = mapped_column(String)
