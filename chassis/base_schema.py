"""First migration of every history: the base tables as they were first made.

Frozen: `chassis.base_tables` says how they are now, later migrations lead from here to there, and a test
compares the two.
"""

from __future__ import annotations

from collections.abc import Callable

_EVENT = """
    event_id uuid NOT NULL,
    type varchar NOT NULL,
    kind varchar NOT NULL,
    subject_id uuid NOT NULL,
    version integer NOT NULL,
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor varchar NOT NULL,
    trace_id varchar NOT NULL,
    data jsonb NOT NULL,
    division_path varchar[] NOT NULL,
    zone_id uuid
"""

_STATEMENTS = (
    f"""CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_outbox PRIMARY KEY, {_EVENT})""",
    "CREATE INDEX ix_outbox_subject_id ON outbox (subject_id)",
    f"""CREATE TABLE feed (
        position bigint NOT NULL CONSTRAINT pk_feed PRIMARY KEY,
        stamped_at timestamptz NOT NULL, {_EVENT})""",
    "CREATE INDEX ix_feed_subject_id_version ON feed (subject_id, version)",
    """CREATE TABLE consumer (
        source varchar NOT NULL CONSTRAINT pk_consumer PRIMARY KEY,
        epoch varchar NOT NULL,
        position bigint NOT NULL,
        moved_at timestamptz NOT NULL DEFAULT clock_timestamp())""",
    """CREATE TABLE replica (
        id uuid NOT NULL CONSTRAINT pk_replica PRIMARY KEY,
        kind varchar NOT NULL,
        code varchar,
        version integer NOT NULL,
        deleted boolean NOT NULL,
        division_path varchar[] NOT NULL,
        resource jsonb NOT NULL)""",
    "CREATE INDEX ix_replica_kind_code ON replica (kind, code)",
    "CREATE INDEX ix_replica_division_path ON replica USING gin (division_path)",
    """CREATE TABLE idempotency (
        subject varchar NOT NULL,
        key varchar NOT NULL,
        fingerprint bytea NOT NULL,
        status integer NOT NULL,
        headers jsonb NOT NULL,
        body bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT pk_idempotency PRIMARY KEY (subject, key))""",
    "CREATE INDEX ix_idempotency_created_at ON idempotency (created_at)",
)

_GRANTS = {
    "outbox": "SELECT, INSERT, DELETE",
    "feed": "SELECT, INSERT",  # history: the service itself cannot alter it
    "consumer": "SELECT, INSERT, UPDATE",
    "replica": "SELECT, INSERT, UPDATE",
    "idempotency": "SELECT, INSERT, DELETE",
    "alembic_version": "SELECT",
}


def create_base_tables(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables with a migration's `op.execute` and give the runtime role its least rights."""
    for statement in _STATEMENTS:
        execute(statement)
    for table, rights in _GRANTS.items():
        execute(f'GRANT {rights} ON {table} TO "{runtime_role}"')
