"""Tables of import plans as they were first made. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_STATEMENTS = (
    """CREATE TABLE import_plan (
        id uuid NOT NULL CONSTRAINT pk_import_plan PRIMARY KEY,
        collection varchar NOT NULL,
        subject varchar NOT NULL,
        media_type varchar NOT NULL,
        atomicity varchar NOT NULL,
        sheet varchar,
        header jsonb,
        shown jsonb,
        counts jsonb NOT NULL,
        digest bytea NOT NULL,
        content bytea NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        expires_at timestamptz NOT NULL,
        committed_at timestamptz)""",
    "CREATE INDEX ix_import_plan_expires_at ON import_plan (expires_at)",
    """CREATE TABLE import_part (
        plan_id uuid NOT NULL
            CONSTRAINT fk_import_part_plan_id REFERENCES import_plan (id) ON DELETE CASCADE,
        first_row integer NOT NULL,
        last_row integer NOT NULL,
        counts jsonb NOT NULL,
        rows bytea NOT NULL,
        CONSTRAINT pk_import_part PRIMARY KEY (plan_id, first_row))""",
    # deflated already
    "ALTER TABLE import_plan ALTER COLUMN content SET STORAGE EXTERNAL",
    "ALTER TABLE import_part ALTER COLUMN rows SET STORAGE EXTERNAL",
)


def create_import_plans(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables; the service makes plans, marks them as committed and drops old ones."""
    for statement in _STATEMENTS:
        execute(statement)
    execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON import_plan TO "{runtime_role}"')
    execute(f'GRANT SELECT, INSERT, DELETE ON import_part TO "{runtime_role}"')
