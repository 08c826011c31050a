"""Table of divisions."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database_errors import explain_constraint
from chassis.identity.access import PATH_TYPE
from chassis.resource import Base, ResourceColumns
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words


class Division(Searchable, ResourceColumns, Base):
    """One entry of a code system: a code with a name, between two editions (first inclusive, gone exclusive).

    The migration adds an exclusion constraint: one code has one meaning in an edition.
    """

    __tablename__ = "division"
    __table_args__ = (
        UniqueConstraint("system", "code", "first_edition"),
        CheckConstraint("gone_by_edition IS NULL OR first_edition < gone_by_edition", "editions_in_order"),
        CheckConstraint("longitude BETWEEN -180 AND 180", "longitude"),
        CheckConstraint("latitude BETWEEN -90 AND 90", "latitude"),
        *search_indexes("division"),
    )

    found_by = FoundBy(names=("name",))

    system: Mapped[str] = mapped_column(String)
    code: Mapped[str] = mapped_column(String)
    name: Mapped[str] = mapped_column(String)
    level: Mapped[str] = mapped_column(String)
    path: Mapped[list[str]] = mapped_column(PATH_TYPE)
    first_edition: Mapped[str] = mapped_column(String(6))
    gone_by_edition: Mapped[str | None] = mapped_column(String(6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric)
    latitude: Mapped[Decimal | None] = mapped_column(Numeric)
    source: Mapped[str | None] = mapped_column(String)


explain_constraint(
    "ex_division_code_editions",
    "editions_overlap",
    Words("该代码在所述版本中已有另一含义", "The code has another meaning in these editions already"),
)
