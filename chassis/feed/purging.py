"""Events that are older than the retention are forgotten; what they led to is kept."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from chassis.database import Database

TOMBSTONES = timedelta(days=400)
_MOST = 10_000


async def purge(database: Database, keep: timedelta) -> int:
    """Forget events older than `keep` but for the newest of each object, and tombstones older than 400 days.

    The number of events deleted. Each part of the work holds the sequencer's lock, and moves the horizon in
    the transaction of the deletion: a reader sees both or neither.
    """
    total = 0
    while True:
        async with database.transaction() as session:
            part = await session.scalar(select(func.purge_feed(keep, TOMBSTONES, _MOST))) or 0
        total += part
        if part < _MOST:
            return total
