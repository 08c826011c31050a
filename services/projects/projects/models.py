"""Table of projects."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import CheckConstraint, Integer, Numeric, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED
from chassis.database_errors import explain_constraint
from chassis.resource import Base
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words
from services.projects.projects.rules import BUDGET_ALONE, CURRENCY_ALONE
from services.projects.zone_link import ZoneLinked


class Project(Searchable, ZoneLinked, Base):
    """A project or action; `budget` in whole units of `currency`, as its source states it."""

    __tablename__ = "project"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint("(budget IS NULL) = (currency IS NULL)", "amount_is_whole"),
        CheckConstraint("budget >= 0", "budget"),
        CheckConstraint("currency ~ '^[A-Z]{3}$'", "currency"),
        CheckConstraint("year BETWEEN 1900 AND 2100", "year"),
        *search_indexes("project"),
        {"info": SCOPED},
    )

    found_by = FoundBy(names=("title",), texts=("field", "organisation", "programme"))

    title: Mapped[str] = mapped_column(String)
    field: Mapped[str | None] = mapped_column(String)
    year: Mapped[int | None] = mapped_column(Integer)
    organisation: Mapped[str | None] = mapped_column(String)
    programme: Mapped[str | None] = mapped_column(String)
    budget: Mapped[Decimal | None] = mapped_column(Numeric)
    currency: Mapped[str | None] = mapped_column(String)
    source: Mapped[str | None] = mapped_column(String)
    note: Mapped[str | None] = mapped_column(String)


explain_constraint("uq_project_code", "code_taken", Words("该代码已被使用", "The code is taken"), "#/code")
explain_constraint(
    "ck_project_amount_is_whole",
    "incomplete_amount",
    Words(f"{BUDGET_ALONE.zh}; {CURRENCY_ALONE.zh}", f"{BUDGET_ALONE.en}; {CURRENCY_ALONE.en}"),
    "#/currency",
)
