"""Table of transitions as it was first made. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_TABLE = """CREATE TABLE transition (
    id uuid NOT NULL CONSTRAINT pk_transition PRIMARY KEY,
    kind varchar NOT NULL,
    subject_id uuid NOT NULL,
    version integer NOT NULL,
    action varchar NOT NULL,
    from_state varchar NOT NULL,
    to_state varchar NOT NULL,
    actor varchar NOT NULL,
    effective_date date NOT NULL,
    comment varchar,
    reason varchar,
    items jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    division_path varchar[] NOT NULL,
    zone_id uuid,
    CONSTRAINT uq_transition_subject_id_version UNIQUE (subject_id, version))"""


def create_transitions(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the table; steps are added and never altered."""
    execute(_TABLE)
    execute(f'GRANT SELECT, INSERT ON transition TO "{runtime_role}"')
