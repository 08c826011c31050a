"""What the feed knows of its subjects, its horizon, and a consumer's recovery, as first made. Frozen."""

from __future__ import annotations

from collections.abc import Callable

_STATEMENTS = (
    "ALTER TABLE feed ADD COLUMN left_path varchar[], ADD COLUMN left_zone_id uuid",
    "CREATE INDEX ix_feed_stamped_at_position ON feed (stamped_at, position)",
    """CREATE TABLE feed_latest (
        kind varchar NOT NULL,
        subject_id uuid NOT NULL,
        position bigint NOT NULL,
        version integer NOT NULL,
        deleted boolean NOT NULL,
        division_path varchar[] NOT NULL,
        zone_id uuid,
        CONSTRAINT pk_feed_latest PRIMARY KEY (kind, subject_id))""",
    "CREATE UNIQUE INDEX ix_feed_latest_position ON feed_latest (position)",
    """INSERT INTO feed_latest
        SELECT DISTINCT ON (kind, subject_id)
               kind, subject_id, position, version, (data ->> 'deleted')::boolean, division_path, zone_id
        FROM feed ORDER BY kind, subject_id, position DESC""",
    """CREATE TABLE feed_horizon (
        single boolean NOT NULL DEFAULT true
            CONSTRAINT pk_feed_horizon PRIMARY KEY CONSTRAINT ck_feed_horizon_single CHECK (single),
        position bigint NOT NULL,
        tombstones bigint NOT NULL)""",
    "ALTER TABLE consumer ADD COLUMN anchor uuid",
    "ALTER TABLE replica ADD COLUMN position bigint",
    """CREATE TABLE snapshot_staging (
        load_id uuid NOT NULL,
        kind varchar NOT NULL,
        subject_id uuid NOT NULL,
        event jsonb NOT NULL,
        staged_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT pk_snapshot_staging PRIMARY KEY (load_id, kind, subject_id))""",
    "CREATE INDEX ix_snapshot_staging_staged_at ON snapshot_staging (staged_at)",
    # The runtime role may not delete history. This deletes only what is old enough, whatever it is asked, and
    # of each object never the newest event: that is its state.
    """CREATE FUNCTION purge_feed(keep interval, keep_tombstones interval, most integer)
    RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER AS $body$
    DECLARE
        old_events timestamptz := clock_timestamp() - greatest(keep, interval '1 day');
        old_tombstones timestamptz :=
            clock_timestamp() - greatest(keep, keep_tombstones, interval '400 days');
        below feed_horizon;
        events bigint;
        tombstones bigint;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended('sequencer:' || current_schema(), 0));
        INSERT INTO feed_horizon AS horizon (position, tombstones) VALUES (
            coalesce((SELECT feed.position FROM feed
                WHERE stamped_at < old_events ORDER BY stamped_at DESC, feed.position DESC LIMIT 1), 0),
            coalesce((SELECT feed.position FROM feed
                WHERE stamped_at < old_tombstones ORDER BY stamped_at DESC, feed.position DESC LIMIT 1), 0))
            ON CONFLICT (single) DO UPDATE SET
                position = greatest(horizon.position, excluded.position),
                tombstones = greatest(horizon.tombstones, excluded.tombstones)
            RETURNING * INTO below;
        DELETE FROM feed WHERE feed.position IN (
            SELECT old.position FROM feed AS old
            WHERE old.position < below.position AND EXISTS (
                SELECT FROM feed AS newer
                WHERE newer.subject_id = old.subject_id AND newer.kind = old.kind
                  AND newer.position > old.position AND newer.position <= below.position)
            ORDER BY old.position LIMIT most);
        GET DIAGNOSTICS events = ROW_COUNT;
        WITH forgotten AS (
            DELETE FROM feed_latest
            WHERE (kind, subject_id) IN (
                SELECT kind, subject_id FROM feed_latest
                WHERE deleted AND feed_latest.position <= below.tombstones
                  -- the newest position of all says where numbering goes on
                  AND feed_latest.position < (SELECT max(feed.position) FROM feed)
                ORDER BY feed_latest.position LIMIT most)
            RETURNING feed_latest.position
        )
        DELETE FROM feed USING forgotten WHERE feed.position = forgotten.position;
        GET DIAGNOSTICS tombstones = ROW_COUNT;
        RETURN events + tombstones;
    END $body$""",
    "REVOKE ALL ON FUNCTION purge_feed FROM PUBLIC",
    # the tables that it means are those of this schema, whoever calls it
    """DO $do$ BEGIN
        EXECUTE format('ALTER FUNCTION purge_feed SET search_path = %I, pg_temp', current_schema());
    END $do$""",
)

_GRANTS = {
    "feed_latest": "SELECT, INSERT, UPDATE",
    "feed_horizon": "SELECT",
    "snapshot_staging": "SELECT, INSERT, DELETE",
}


def create_feed_state(execute: Callable[[str], None], runtime_role: str) -> None:
    """Create the tables and the one function that may delete history."""
    for statement in _STATEMENTS:
        execute(statement)
    for table, rights in _GRANTS.items():
        execute(f'GRANT {rights} ON {table} TO "{runtime_role}"')
    execute(f'GRANT EXECUTE ON FUNCTION purge_feed TO "{runtime_role}"')
