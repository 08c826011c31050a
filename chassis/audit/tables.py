"""Tables of the audit trail; the runtime role can alter none of their rows and erase only personal values."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from chassis.base_tables import metadata
from chassis.database import SCOPED
from chassis.identity.access import PATH_TYPE
from chassis.ids import new_id

# Records of committed changes that wait for their number, in their canonical form.
audit_pending = Table(
    "audit_pending",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("record", String, nullable=False),
)

# The chain. All columns from `record_id` on repeat what `record` says, so that it can be searched.
audit_record = Table(
    "audit_record",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False),
    Column("record", String, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("actor", String, nullable=False),
    Column("action", String, nullable=False),
    Column("object_kind", String),
    Column("object_id", Uuid),
    Column("trace_id", String, nullable=False),
    Column("division_path", PATH_TYPE, nullable=False),
    Column("zone_id", Uuid),
    UniqueConstraint("record_id"),
    Index("ix_audit_record_object_id_number", "object_id", "number"),
    Index("ix_audit_record_actor_number", "actor", "number"),
    Index("ix_audit_record_action_number", "action", "number"),
    info=SCOPED,
)

# Clear values whose salted digests stand in the records; a row that is gone was erased.
audit_personal = Table(
    "audit_personal",
    metadata,
    Column("record_id", Uuid, primary_key=True),
    Column("name", String, primary_key=True),
    Column("about", String, nullable=False, index=True),
    Column("salt", LargeBinary, nullable=False),
    Column("value", String, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Uuid, nullable=False, default=new_id),
    Column("hash", LargeBinary, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("key_id", String, nullable=False),
    Column("signature", LargeBinary, nullable=False),
)
