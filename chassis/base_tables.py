"""Tables that every service has in its own schema."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Uuid,
    func,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database import SCOPED, UNAUDITED
from chassis.identity.access import PATH_TYPE

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)


def _event_columns() -> list[Column[Any]]:
    return [
        Column("event_id", Uuid, nullable=False),
        Column("type", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("subject_id", Uuid, nullable=False),
        Column("version", Integer, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
        Column("actor", String, nullable=False),
        Column("trace_id", String, nullable=False),
        Column("data", JSONB, nullable=False),
        # the place that the event belongs to; both empty for what belongs to no place
        Column("division_path", PATH_TYPE, nullable=False),
        Column("zone_id", Uuid),
    ]


# Events of committed changes that wait for their number.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    *_event_columns(),
    Index("ix_outbox_subject_id", "subject_id"),
    info=UNAUDITED,
)

# Numbered events: `position` is dense and in the order in which readers may see them.
feed = Table(
    "feed",
    metadata,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stamped_at", DateTime(timezone=True), nullable=False),
    *_event_columns(),
    # where the object was before this event, if it was elsewhere
    Column("left_path", PATH_TYPE),
    Column("left_zone_id", Uuid),
    Index("ix_feed_subject_id_version", "subject_id", "version"),
    Index("ix_feed_stamped_at_position", "stamped_at", "position"),
    info=SCOPED,
)

# The newest event of each object that the feed has told of: its state.
feed_latest = Table(
    "feed_latest",
    metadata,
    Column("kind", String, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("division_path", PATH_TYPE, nullable=False),
    Column("zone_id", Uuid),
    Index("ix_feed_latest_position", "position", unique=True),
    info=SCOPED,
)

# One row. Below `position` the feed is not whole any more; at and below `tombstones` nor are deletions.
feed_horizon = Table(
    "feed_horizon",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=true()),
    Column("position", BigInteger, nullable=False),
    Column("tombstones", BigInteger, nullable=False),
    CheckConstraint("single", name="single"),
)

# How far a feed of another service has been applied here.
consumer = Table(
    "consumer",
    metadata,
    Column("source", String, primary_key=True),
    Column("epoch", String, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("anchor", Uuid),  # the event at that position
    Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    info=UNAUDITED,
)

# Copies of other services' resources, fed by their feeds.
replica = Table(
    "replica",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", String, nullable=False),
    Column("code", String),
    Column("version", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("division_path", PATH_TYPE, nullable=False),
    Column("resource", JSONB, nullable=False),
    # that of the event which told it; null for what was fetched ahead of the feed, or is only gone from here
    Column("position", BigInteger),
    Index("ix_replica_kind_code", "kind", "code"),
    Index("ix_replica_division_path", "division_path", postgresql_using="gin"),
    info={**SCOPED, **UNAUDITED},
)

# Snapshots of other services' feeds while they are being loaded.
snapshot_staging = Table(
    "snapshot_staging",
    metadata,
    Column("load_id", Uuid, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("subject_id", Uuid, primary_key=True),
    Column("event", JSONB, nullable=False),
    Column("staged_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Index("ix_snapshot_staging_staged_at", "staged_at"),
)

# Answers that were given under an Idempotency-Key, kept 48 h.
idempotency = Table(
    "idempotency",
    metadata,
    Column("subject", String, primary_key=True),
    Column("key", String, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.now(), index=True),
    info=UNAUDITED,
)
