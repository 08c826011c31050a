"""Our own record of long work; the queue's tables belong to the library (`chassis.operations.queue`)."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.base_tables import metadata

_INSTANT = DateTime(timezone=True)

# `attempts` counts tries that a worker began and was not asked to give back; `lease` grows whenever the work
# changes hands, and whoever holds an older one can write nothing.
operation = Table(
    "operation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("input", JSONB, nullable=False),
    Column("done", BigInteger, nullable=False, server_default=text("0")),
    Column("total", BigInteger),
    Column("stage", String, nullable=False, server_default=text("''")),
    Column("result", JSONB),
    Column("error", JSONB),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),
    Column("worker", String),
    Column("cancel_requested_at", _INSTANT),
    Column("created_at", _INSTANT, nullable=False, server_default=func.now()),
    Column("created_by", String, nullable=False),
    Column("started_at", _INSTANT),
    Column("finished_at", _INSTANT),
    Column("trace_id", String, nullable=False),
    CheckConstraint("state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="state"),
    CheckConstraint("attempts BETWEEN 0 AND 3", name="attempts"),
    CheckConstraint(
        "(finished_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled'))", name="finished"
    ),
    Index("ix_operation_created_by", "created_by", "created_at", "id"),
    Index("ix_operation_created_at", "created_at", "id"),
    Index("ix_operation_finished_at", "finished_at"),
)
