"""Tables of the audit trail as they were first made, and the function that numbers it. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_TABLES = (
    """CREATE TABLE audit_pending (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_audit_pending PRIMARY KEY,
        record varchar NOT NULL
            CONSTRAINT ck_audit_pending_is_a_record CHECK (
                coalesce((record::jsonb ->> 'id')::uuid IS NOT NULL, false)
                AND record::jsonb ?& ARRAY['actor', 'action', 'occurred_at', 'trace_id', 'place']))""",
    """CREATE TABLE audit_record (
        number bigint NOT NULL CONSTRAINT pk_audit_record PRIMARY KEY,
        at timestamptz NOT NULL,
        hash bytea NOT NULL,
        record varchar NOT NULL,
        record_id uuid NOT NULL CONSTRAINT uq_audit_record_record_id UNIQUE,
        occurred_at timestamptz NOT NULL,
        actor varchar NOT NULL,
        action varchar NOT NULL,
        object_kind varchar,
        object_id uuid,
        trace_id varchar NOT NULL,
        division_path varchar[] NOT NULL,
        zone_id uuid)""",
    "CREATE INDEX ix_audit_record_object_id_number ON audit_record (object_id, number)",
    "CREATE INDEX ix_audit_record_actor_number ON audit_record (actor, number)",
    "CREATE INDEX ix_audit_record_action_number ON audit_record (action, number)",
    "CREATE INDEX ix_audit_record_at ON audit_record (at)",
    """CREATE TABLE audit_personal (
        record_id uuid NOT NULL,
        name varchar NOT NULL,
        about varchar NOT NULL,
        salt bytea NOT NULL,
        value varchar NOT NULL,
        CONSTRAINT pk_audit_personal PRIMARY KEY (record_id, name))""",
    "CREATE INDEX ix_audit_personal_about ON audit_personal (about)",
    """CREATE TABLE audit_head (
        number bigint NOT NULL CONSTRAINT pk_audit_head PRIMARY KEY,
        id uuid NOT NULL,
        hash bytea NOT NULL,
        at timestamptz NOT NULL,
        key_id varchar NOT NULL,
        signature bytea NOT NULL)""",
)

# Runs with the rights of the owner, so that the service itself can neither take a waiting record away nor
# write a numbered one: all that it may do is let the waiting ones be numbered. One at a time holds the lock;
# the statements behind it see all that earlier ones have committed.
_NUMBER = """
CREATE FUNCTION number_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER AS $body$
DECLARE
    reached bigint;
    chained bytea;
    stamp timestamptz;
    shown text;
    waiting record;
    held jsonb;
    counted integer := 0;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('audit ' || current_schema(), 0)) THEN
        RETURN 0;
    END IF;
    SELECT number, hash, greatest(clock_timestamp(), at) INTO reached, chained, stamp
    FROM audit_record ORDER BY number DESC LIMIT 1;
    IF NOT FOUND THEN
        reached := 0;
        chained := sha256(convert_to('sdz-audit-1' || chr(10) || current_schema(), 'UTF8'));
        stamp := clock_timestamp();
    END IF;
    shown := to_char(stamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    FOR waiting IN
        WITH taken AS (
            DELETE FROM audit_pending
            WHERE id IN (SELECT id FROM audit_pending ORDER BY id LIMIT most)
            RETURNING id, record
        )
        SELECT id, record FROM taken ORDER BY id
    LOOP
        reached := reached + 1;
        chained := sha256(chained || convert_to(
            '{"at":"' || shown || '","number":' || reached || ',"record":' || waiting.record || '}', 'UTF8'));
        held := waiting.record::jsonb;
        INSERT INTO audit_record VALUES (
            reached, stamp, chained, waiting.record,
            (held ->> 'id')::uuid, (held ->> 'occurred_at')::timestamptz,
            held ->> 'actor', held ->> 'action',
            held #>> '{object,kind}', (held #>> '{object,id}')::uuid, held ->> 'trace_id',
            ARRAY(SELECT jsonb_array_elements_text(held #> '{place,division_path}')),
            (held #>> '{place,zone_id}')::uuid);
        counted := counted + 1;
    END LOOP;
    RETURN counted;
END
$body$
"""

# temporary tables last: otherwise whoever makes one of these names would have it used with the owner's rights
_PATH = """
DO $body$
BEGIN
    EXECUTE format('ALTER FUNCTION number_audit(integer) SET search_path = %I, pg_temp', current_schema());
END
$body$
"""

_GRANTS = {
    "audit_pending": "SELECT, INSERT",
    "audit_record": "SELECT",
    "audit_personal": "SELECT, INSERT, DELETE",  # what may be erased
    "audit_head": "SELECT, INSERT",
}


def create_audit(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables and the function; the runtime role may add, read and erase what is personal."""
    for statement in (*_TABLES, _NUMBER, _PATH):
        execute(statement)
    for table, rights in _GRANTS.items():
        execute(f'GRANT {rights} ON {table} TO "{runtime_role}"')
    execute("REVOKE ALL ON FUNCTION number_audit(integer) FROM PUBLIC")
    execute(f'GRANT EXECUTE ON FUNCTION number_audit(integer) TO "{runtime_role}"')
