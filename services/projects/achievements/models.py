"""Table of achievements."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED
from chassis.database_errors import explain_constraint
from chassis.resource import Base
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words
from services.projects.zone_link import ZoneLinked


class Achievement(Searchable, ZoneLinked, Base):
    """A technology; `catalogue` names the list that published it."""

    __tablename__ = "achievement"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("year BETWEEN 1900 AND 2100", "year"),
        *search_indexes("achievement"),
        {"info": SCOPED},
    )

    found_by = FoundBy(names=("title",), texts=("field", "owner", "applicable_conditions"))

    title: Mapped[str] = mapped_column(String)
    field: Mapped[str | None] = mapped_column(String)
    owner: Mapped[str | None] = mapped_column(String)
    applicable_conditions: Mapped[str | None] = mapped_column(String)
    year: Mapped[int | None] = mapped_column(Integer)
    catalogue: Mapped[str | None] = mapped_column(String)
    source: Mapped[str | None] = mapped_column(String)
    note: Mapped[str | None] = mapped_column(String)


explain_constraint(
    "uq_achievement_code", "code_taken", Words("该代码已被使用", "The code is taken"), "#/code"
)
