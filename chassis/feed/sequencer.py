"""Numbers committed events densely, one sequencer at a time.

Positions are given after the commit. A number taken at the insert would become visible late and be passed
over by readers; a filter on transaction ids stops behind the oldest open transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog
from sqlalchemy import ColumnElement, func, select, text

from chassis.database import Database

log = structlog.get_logger("sequencer")

BATCH = 1000
_BUSY_SECONDS, _IDLE_SECONDS, _BROKEN_SECONDS = 0.005, 0.1, 1.0

# Within one object a later version enters the outbox only after the earlier one's commit (its row is locked),
# so ascending outbox ids among the committed rows keep the order of versions. Each event is told where its
# object was before, if that was elsewhere: a reader who sees only that place must learn that it left.
_NUMBER = text(
    """
    WITH head AS (
        SELECT coalesce(max(position), 0) AS position,
               -- one for the batch, in whole milliseconds as it is shown, and after every instant about which
               -- it has been answered what was known then
               greatest(date_trunc('milliseconds', clock_timestamp() + interval '999 microseconds'),
                        max(stamped_at),
                        (SELECT until + interval '1 millisecond' FROM settled)) AS stamped_at
        FROM (SELECT position, stamped_at FROM feed ORDER BY position DESC LIMIT 1) AS newest
    ), taken AS (
        DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :batch) RETURNING *
    ), lined_up AS (
        SELECT taken.*,
               row_number() OVER (ORDER BY id) AS number,
               lead(id) OVER of_object IS NULL AS is_newest,
               lag(id) OVER of_object IS NULL AS is_first,
               lag(division_path) OVER of_object AS earlier_path,
               lag(zone_id) OVER of_object AS earlier_zone_id
        FROM taken WINDOW of_object AS (PARTITION BY kind, subject_id ORDER BY id)
    ), placed AS (
        SELECT lined_up.*,
               head.position + number AS position,
               head.stamped_at,
               CASE WHEN is_first THEN latest.division_path ELSE earlier_path END AS before_path,
               CASE WHEN is_first THEN latest.zone_id ELSE earlier_zone_id END AS before_zone_id
        FROM head CROSS JOIN lined_up
        LEFT JOIN feed_latest AS latest
            ON latest.kind = lined_up.kind AND latest.subject_id = lined_up.subject_id
    ), told AS (
        INSERT INTO feed (position, stamped_at, event_id, type, kind, subject_id, version, occurred_at, actor,
                          trace_id, data, division_path, zone_id, left_path, left_zone_id)
        SELECT position, stamped_at, event_id, type, kind, subject_id, version, occurred_at, actor,
               trace_id, data, division_path, zone_id,
               CASE WHEN moved THEN before_path END,
               CASE WHEN moved THEN before_zone_id END
        FROM placed CROSS JOIN LATERAL (
            SELECT before_path IS DISTINCT FROM division_path
                OR before_zone_id IS DISTINCT FROM zone_id AS moved) AS compared
        RETURNING position
    ), kept AS (
        INSERT INTO feed_latest (kind, subject_id, position, version, deleted, division_path, zone_id)
        SELECT kind, subject_id, position, version, (data ->> 'deleted')::boolean, division_path, zone_id
        FROM placed WHERE is_newest
        ON CONFLICT (kind, subject_id) DO UPDATE SET
            position = excluded.position, version = excluded.version, deleted = excluded.deleted,
            division_path = excluded.division_path, zone_id = excluded.zone_id
    )
    SELECT count(*) FROM told
    """
)


def sequencer_lock(schema: str) -> ColumnElement[int]:
    """The key of the advisory lock under which a schema's events are numbered."""
    return func.hashtextextended(f"sequencer:{schema}", 0)


async def number_batch(database: Database) -> int:
    """Number up to BATCH events; 0 when there was none or another sequencer is at work.

    The transaction-level lock fences off a leader that was thought dead: it must still hold the lock in the
    very transaction that numbers. The numbering statement, being later, sees all that others have committed.
    """
    async with database.transaction() as session:
        lock = sequencer_lock(database.schema)
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
            return 0
        await session.execute(select(func.number_audit(BATCH)))  # the audit trail's records likewise
        return await session.scalar(_NUMBER, {"batch": BATCH}) or 0


async def run_sequencer(database: Database, told: Callable[[], None] = lambda: None) -> None:
    """Poll for ever: fast while there is something to number. `told` is called when something was."""
    while True:
        try:
            numbered = await number_batch(database)
            if numbered:
                told()
            await asyncio.sleep(_BUSY_SECONDS if numbered else _IDLE_SECONDS)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("sequencer waits for its database", error=repr(error))
            await asyncio.sleep(_BROKEN_SECONDS)
