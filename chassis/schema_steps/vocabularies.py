"""Tables of vocabularies as they were first made. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_STATEMENTS = (
    """CREATE TABLE vocabulary (
        id uuid NOT NULL CONSTRAINT pk_vocabulary PRIMARY KEY,
        name varchar NOT NULL CONSTRAINT uq_vocabulary_name UNIQUE,
        version integer NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        created_by varchar NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        updated_by varchar NOT NULL,
        deleted_at timestamptz)""",
    """CREATE TABLE vocabulary_term (
        vocabulary varchar NOT NULL
            CONSTRAINT fk_vocabulary_term_vocabulary REFERENCES vocabulary (name),
        edition integer NOT NULL,
        code varchar NOT NULL,
        label_zh varchar NOT NULL,
        label_en varchar NOT NULL,
        retired boolean NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now(),
        recorded_by varchar NOT NULL,
        CONSTRAINT pk_vocabulary_term PRIMARY KEY (vocabulary, edition))""",
)


def create_vocabularies(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables; terms may be added and never altered."""
    for statement in _STATEMENTS:
        execute(statement)
    execute(f'GRANT SELECT, INSERT, UPDATE ON vocabulary TO "{runtime_role}"')
    execute(f'GRANT SELECT, INSERT ON vocabulary_term TO "{runtime_role}"')
