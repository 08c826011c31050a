"""Tables of history.

One table serves every temporal resource of a service. A row says: from `since_version` until before
`until_version` of the object it was on record that the object was as `data` says from `valid_from` until
before `valid_to`. Versions are dense and follow the feed's order within an object; their instants are the
sequencer's stamps, filled in when the events `opened_by` and `closed_by` are numbered.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from chassis.base_tables import metadata
from chassis.database import SCOPED
from chassis.identity.access import PATH_TYPE

# The migration adds an exclusion constraint: at no recorded time do rows of one object overlap in valid time.
history = Table(
    "history",
    metadata,
    Column("id", Uuid, primary_key=True, server_default=func.gen_random_uuid()),
    Column("kind", String, nullable=False),
    Column("subject_id", Uuid, nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("until_version", Integer),
    Column("opened_by", Uuid, nullable=False),
    Column("closed_by", Uuid),
    Column("recorded_from", DateTime(timezone=True)),
    Column("recorded_to", DateTime(timezone=True)),
    Column("actor", String, nullable=False),
    Column("changed", JSONB, nullable=False),
    Column("division_path", PATH_TYPE, nullable=False),
    Column("zone_id", Uuid),
    Column("data", JSONB, nullable=False),
    CheckConstraint("valid_from < valid_to", "valid_time"),
    CheckConstraint("since_version < until_version", "recorded_time"),
    CheckConstraint("(until_version IS NULL) = (closed_by IS NULL)", "closed_by"),
    Index("ix_history_subject_id_since_version", "subject_id", "since_version"),
    Index("ix_history_live", "kind", "subject_id", postgresql_where="until_version IS NULL"),
    Index("ix_history_opened_by", "opened_by", postgresql_where="recorded_from IS NULL"),
    Index(
        "ix_history_closed_by", "closed_by", postgresql_where="recorded_to IS NULL AND closed_by IS NOT NULL"
    ),
    info=SCOPED,
)

# The instant about which an answer was given although no later event had been numbered: whatever is numbered
# from then on is stamped after it. One row at most.
settled = Table(
    "settled",
    metadata,
    Column("single", Boolean, primary_key=True),
    Column("until", DateTime(timezone=True), nullable=False),
    CheckConstraint("single", "one_row"),
)
