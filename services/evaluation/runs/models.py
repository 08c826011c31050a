"""Tables of runs and their scores. The runtime role may insert and read them, never change them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, Integer, String, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED
from chassis.ids import new_id
from chassis.resource import Base, ResourceColumns


class Run(ResourceColumns, Base):
    """`cycle`, `framework` and `sources` are copies as they stood; later changes do not reach them."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("ranked BETWEEN 0 AND zones", name="ranked_zones"),
        Index("ix_run_cycle_id", "cycle_id"),
        Index("ix_run_created_at", "created_at", "id"),
    )

    cycle_id: Mapped[UUID] = mapped_column(ForeignKey("cycle.id", name="fk_run_cycle_id"))
    cycle: Mapped[dict[str, Any]] = mapped_column(JSONB)
    period: Mapped[str] = mapped_column(String)
    framework: Mapped[dict[str, Any]] = mapped_column(JSONB)
    method: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sources: Mapped[dict[str, Any]] = mapped_column(JSONB)
    engine_version: Mapped[str] = mapped_column(String)
    input_digest: Mapped[str] = mapped_column(String)
    zones: Mapped[int] = mapped_column(Integer)
    ranked: Mapped[int] = mapped_column(Integer)
    log: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class Score(Base):
    """One zone in one run: its frozen inputs, its result and how the one follows from the other.

    `inputs` holds the observations by indicator, values as decimal strings; `branches` and `leaves` the
    engine's numbers by code; `dropped` what took no part, in the framework's order.
    """

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("run_id", "zone_id", name="uq_score_run_zone"),
        CheckConstraint("(score IS NULL) = (rank IS NULL)", name="rank_with_score"),
        # neither NaN nor infinity is a score
        CheckConstraint("score > '-infinity' AND score < 'infinity'", name="score_finite"),
        Index("ix_score_zone_id", "zone_id"),
        {"info": SCOPED},
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    run_id: Mapped[UUID] = mapped_column(ForeignKey("run.id", name="fk_score_run_id"))
    zone_id: Mapped[UUID] = mapped_column(ForeignKey("replica.id", name="fk_score_zone_id"))
    zone_code: Mapped[str | None] = mapped_column(String)
    zone_names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    score: Mapped[float | None] = mapped_column(Float(53))
    rank: Mapped[float | None] = mapped_column(Float(53))
    inputs: Mapped[dict[str, Any]] = mapped_column(JSONB)
    branches: Mapped[dict[str, Any]] = mapped_column(JSONB)
    leaves: Mapped[dict[str, Any]] = mapped_column(JSONB)
    dropped: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
