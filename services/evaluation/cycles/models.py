"""Table of cycles."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.database_errors import explain_constraint
from chassis.resource import Base, ResourceColumns
from chassis.words import Words
from services.evaluation.frameworks.models import Framework


class Cycle(ResourceColumns, Base):
    """One round of evaluation."""

    __tablename__ = "cycle"
    __table_args__ = (
        Index("uq_cycle_code", "code", unique=True, postgresql_where="deleted_at IS NULL"),
        Index("ix_cycle_framework_id", "framework_id"),
    )

    code: Mapped[str] = mapped_column(String)
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    framework_id: Mapped[UUID] = mapped_column(ForeignKey("framework.id", name="fk_cycle_framework_id"))
    period: Mapped[str] = mapped_column(String)
    framework: Mapped[Framework] = relationship(lazy="raise")


explain_constraint(
    "uq_cycle_code", "code_taken", Words("该代码已用于另一评价周期", "Another cycle has this code"), "#/code"
)
