"""Tables of history as they were first made, and the trigger that stamps them. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_STATEMENTS = (
    """CREATE TABLE history (
        id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT pk_history PRIMARY KEY,
        kind varchar NOT NULL,
        subject_id uuid NOT NULL,
        since_version integer NOT NULL,
        valid_from date NOT NULL,
        valid_to date,
        until_version integer,
        opened_by uuid NOT NULL,
        closed_by uuid,
        recorded_from timestamptz,
        recorded_to timestamptz,
        actor varchar NOT NULL,
        changed jsonb NOT NULL,
        division_path varchar[] NOT NULL,
        zone_id uuid,
        data jsonb NOT NULL,
        CONSTRAINT ck_history_valid_time CHECK (valid_from < valid_to),
        CONSTRAINT ck_history_recorded_time CHECK (since_version < until_version),
        CONSTRAINT ck_history_closed_by CHECK ((until_version IS NULL) = (closed_by IS NULL)),
        CONSTRAINT ex_history_overlap EXCLUDE USING gist (
            subject_id WITH =, int4range(since_version, until_version) WITH &&,
            daterange(valid_from, valid_to) WITH &&))""",
    "CREATE INDEX ix_history_subject_id_since_version ON history (subject_id, since_version)",
    "CREATE INDEX ix_history_live ON history (kind, subject_id) WHERE until_version IS NULL",
    "CREATE INDEX ix_history_opened_by ON history (opened_by) WHERE recorded_from IS NULL",
    """CREATE INDEX ix_history_closed_by ON history (closed_by)
        WHERE recorded_to IS NULL AND closed_by IS NOT NULL""",
    """CREATE TABLE settled (
        single boolean NOT NULL CONSTRAINT pk_settled PRIMARY KEY,
        until timestamptz NOT NULL,
        CONSTRAINT ck_settled_one_row CHECK (single))""",
    # in the transaction that numbers the events, whoever numbers them
    """CREATE FUNCTION stamp_history() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE history SET recorded_from = numbered.stamped_at FROM numbered
        WHERE history.opened_by = numbered.event_id AND history.recorded_from IS NULL;
        UPDATE history SET recorded_to = numbered.stamped_at FROM numbered
        WHERE history.closed_by = numbered.event_id AND history.recorded_to IS NULL
          AND history.closed_by IS NOT NULL;
        RETURN NULL;
    END $$""",
    """CREATE TRIGGER stamp_history AFTER INSERT ON feed REFERENCING NEW TABLE AS numbered
        FOR EACH STATEMENT EXECUTE FUNCTION stamp_history()""",
)


def create_history(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables; the service adds rows and ends them, what a row says it cannot alter."""
    for statement in _STATEMENTS:
        execute(statement)
    execute(f'GRANT SELECT, INSERT ON history TO "{runtime_role}"')
    ends = "until_version, closed_by, recorded_from, recorded_to"
    execute(f'GRANT UPDATE ({ends}) ON history TO "{runtime_role}"')
    execute(f'GRANT SELECT, INSERT, UPDATE ON settled TO "{runtime_role}"')
