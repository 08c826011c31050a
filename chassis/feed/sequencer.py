"""Numbers committed events densely, one sequencer at a time.

Positions are given after the commit. A number taken at the insert would become visible late and be passed
over by readers; a filter on transaction ids stops behind the oldest open transaction.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy import func, select, text

from chassis.database import Database

log = structlog.get_logger("sequencer")

BATCH = 1000
_BUSY_SECONDS, _IDLE_SECONDS, _BROKEN_SECONDS = 0.005, 0.1, 1.0

# Within one object a later version enters the outbox only after the earlier one's commit (its row is locked),
# so ascending outbox ids among the committed rows keep the order of versions.
_NUMBER = text(
    """
    WITH head AS (
        SELECT coalesce(max(position), 0) AS position,
               greatest(clock_timestamp(), max(stamped_at)) AS stamped_at  -- one for the batch
        FROM (SELECT position, stamped_at FROM feed ORDER BY position DESC LIMIT 1) AS newest
    ), taken AS (
        DELETE FROM outbox WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT :batch) RETURNING *
    )
    INSERT INTO feed (position, stamped_at, event_id, type, kind, subject_id, version,
                      occurred_at, actor, trace_id, data, division_path, zone_id)
    SELECT head.position + row_number() OVER (ORDER BY taken.id),
           head.stamped_at,
           event_id, type, kind, subject_id, version,
           occurred_at, actor, trace_id, data, division_path, zone_id
    FROM taken CROSS JOIN head
    """
)


async def number_batch(database: Database) -> int:
    """Number up to BATCH events; 0 when there was none or another sequencer is at work.

    The transaction-level lock fences off a leader that was thought dead: it must still hold the lock in the
    very transaction that numbers. The numbering statement, being later, sees all that others have committed.
    """
    async with database.transaction() as session:
        lock = func.hashtextextended(f"sequencer:{database.schema}", 0)
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(lock))):
            return 0
        result = await session.execute(_NUMBER, {"batch": BATCH})
        return int(result.rowcount)  # type: ignore[attr-defined]  # a CursorResult, as of every DML


async def run_sequencer(database: Database) -> None:
    """Poll for ever: fast while there is something to number."""
    while True:
        try:
            numbered = await number_batch(database)
            await asyncio.sleep(_BUSY_SECONDS if numbered else _IDLE_SECONDS)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.warning("sequencer waits for its database", error=repr(error))
            await asyncio.sleep(_BROKEN_SECONDS)
