"""Tables of indicators, frameworks and their nodes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Numeric,
    String,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from chassis.database_errors import explain_constraint
from chassis.resource import Base, ResourceColumns
from chassis.search.columns import FoundBy, Searchable, search_indexes
from chassis.words import Words


class Indicator(Searchable, ResourceColumns, Base):
    """What is measured, in one unit; shared by all frameworks that use it."""

    __tablename__ = "indicator"
    __table_args__ = (
        UniqueConstraint("code", name="uq_indicator_code"),
        CheckConstraint("valid_min <= valid_max", name="valid_range"),
        *search_indexes("indicator"),
    )

    found_by = FoundBy(names=("names",), texts=("definition",))

    code: Mapped[str] = mapped_column(String)
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    unit: Mapped[str] = mapped_column(String)
    valid_min: Mapped[Decimal | None] = mapped_column(Numeric)
    valid_max: Mapped[Decimal | None] = mapped_column(Numeric)
    definition: Mapped[str | None] = mapped_column(String)


class FrameworkNode(Base):
    """A branch (no indicator) or a leaf (an indicator in its place), as it was written down."""

    __tablename__ = "framework_node"
    __table_args__ = (
        ForeignKeyConstraint(
            ["framework_id", "parent"],
            ["framework_node.framework_id", "framework_node.code"],
            name="fk_framework_node_parent",
            deferrable=True,
            initially="DEFERRED",
        ),
        CheckConstraint("weight >= 0", name="weight_not_negative"),
        CheckConstraint("min_available BETWEEN 0 AND 1", name="share_of_members"),
        CheckConstraint(
            "CASE WHEN indicator_id IS NULL"
            " THEN direction IS NULL AND aggregation IS NOT NULL AND min_available IS NOT NULL"
            " ELSE direction IS NOT NULL AND aggregation IS NULL AND min_available IS NULL"
            " AND parent IS NOT NULL END",
            name="branch_or_leaf",
        ),
        Index("uq_framework_node_root", "framework_id", unique=True, postgresql_where="parent IS NULL"),
        Index("ix_framework_node_indicator_id", "indicator_id"),
    )

    framework_id: Mapped[UUID] = mapped_column(
        ForeignKey("framework.id", name="fk_framework_node_framework_id"), primary_key=True
    )
    code: Mapped[str] = mapped_column(String, primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    parent: Mapped[str | None] = mapped_column(String)
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    weight: Mapped[Decimal] = mapped_column(Numeric)
    aggregation: Mapped[str | None] = mapped_column(String)
    min_available: Mapped[Decimal | None] = mapped_column(Numeric)
    direction: Mapped[str | None] = mapped_column(String)
    indicator_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("indicator.id", name="fk_framework_node_indicator_id")
    )
    indicator: Mapped[Indicator | None] = relationship(lazy="raise")


class Framework(Searchable, ResourceColumns, Base):
    """An indicator system: a tree of nodes."""

    __tablename__ = "framework"
    __table_args__ = (
        Index("uq_framework_code", "code", unique=True, postgresql_where="deleted_at IS NULL"),
        *search_indexes("framework"),
    )
    found_by = FoundBy(names=("names",))

    code: Mapped[str] = mapped_column(String)
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    note: Mapped[str | None] = mapped_column(String)
    nodes: Mapped[list[FrameworkNode]] = relationship(
        order_by=FrameworkNode.position, lazy="raise", viewonly=True
    )


explain_constraint(
    "uq_framework_code",
    "code_taken",
    Words("该代码已用于另一指标体系", "Another framework has this code"),
    "#/code",
)
explain_constraint(
    "uq_indicator_code",
    "code_taken",
    Words("同时有人新建了同一代码的指标, 请重试", "Somebody has just created this indicator; try again"),
)
