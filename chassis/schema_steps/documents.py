"""Table of documents as it was first made. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_STATEMENTS = (
    """CREATE TABLE document (
        id uuid NOT NULL CONSTRAINT pk_document PRIMARY KEY,
        version integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by varchar NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        updated_by varchar NOT NULL,
        deleted_at timestamptz,
        collection varchar NOT NULL,
        parent_id uuid NOT NULL,
        name varchar NOT NULL,
        category varchar NOT NULL,
        description varchar,
        media_type varchar NOT NULL,
        size bigint NOT NULL CONSTRAINT ck_document_size CHECK (size > 0),
        sha256 varchar(64) NOT NULL CONSTRAINT ck_document_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'))""",
    """CREATE INDEX ix_document_collection_parent_id_created_at
        ON document (collection, parent_id, created_at)""",
    "CREATE INDEX ix_document_sha256 ON document (sha256)",
)


def create_documents(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the table; rows are never deleted, so that what they name is never lost."""
    for statement in _STATEMENTS:
        execute(statement)
    execute(f'GRANT SELECT, INSERT, UPDATE ON document TO "{runtime_role}"')
