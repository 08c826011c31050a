"""Table of transitions that have happened."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Integer, String, Table, UniqueConstraint, Uuid, func
from sqlalchemy.dialects.postgresql import JSONB

from chassis.base_tables import metadata
from chassis.database import SCOPED
from chassis.identity.access import PATH_TYPE

# Kept for ever: a state can be led from the first step to the last.
transition = Table(
    "transition",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String, nullable=False),
    Column("from_state", String, nullable=False),
    Column("to_state", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("effective_date", Date, nullable=False),
    Column("comment", String),
    Column("reason", String),
    Column("items", JSONB, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("division_path", PATH_TYPE, nullable=False),
    Column("zone_id", Uuid),
    UniqueConstraint("subject_id", "version"),
    info=SCOPED,
)
