"""When it is certain what was known at an instant.

What is known at T is what has been numbered with a stamp of at most T. That cannot change any more once a
later stamp has been given, or once it is laid down (`settled`) that no stamp up to T will be given.
"""

from __future__ import annotations

import asyncio
import math
import time
from datetime import datetime, timedelta

from sqlalchemy import exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import feed, outbox
from chassis.database import AS_SYSTEM, Database
from chassis.feed.sequencer import sequencer_lock
from chassis.problems import NotYetKnown, ServiceUnavailable
from chassis.temporal.tables import settled
from chassis.tracing import remaining_seconds
from chassis.words import Words

_PATIENCE_SECONDS, _POLL_SECONDS = 2.0, 0.02


async def settle(database: Database, instant: datetime, patience: float = _PATIENCE_SECONDS) -> None:
    """Return once nothing that is numbered later can be stamped `instant` or before.

    Waits for the sequencer while committed events wait for their number; where none wait, lays it down
    itself. Raises NotYetKnown (409) for an instant that lies further ahead than `patience` seconds,
    ServiceUnavailable (503) when the sequencer does not come by in that time. No connection is held while
    waiting.
    """
    deadline = time.monotonic() + min(patience, max(0.0, remaining_seconds(patience) - 0.2))
    while True:
        async with database.transaction() as session:
            ahead = await _settle_now(session, database.schema, instant)
        if ahead is None:
            return
        left = deadline - time.monotonic()
        if ahead > max(left, 0):
            raise NotYetKnown(retry_after=math.ceil(ahead))
        if left <= 0:
            raise ServiceUnavailable(
                Words("此时刻之前的变更尚未编号, 请重试", "Changes up to this instant wait for their number")
            )
        await asyncio.sleep(min(max(ahead, _POLL_SECONDS), max(left, 0.001)))


async def _settle_now(session: AsyncSession, schema: str, instant: datetime) -> float | None:
    """None when settled; else the seconds until the instant comes, 0 for one that only waits for numbers."""
    asked = literal(instant, settled.c.until.type)
    if await session.scalar(
        select(
            or_(
                exists().where(settled.c.until >= asked),
                select(feed.c.stamped_at > asked).order_by(feed.c.position.desc()).limit(1).scalar_subquery(),
            )
        ),
        execution_options=AS_SYSTEM,
    ):
        return None
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    if instant > now:
        return max((instant - now) / timedelta(seconds=1), 0.001)
    # nobody numbers while we hold the sequencer's lock; what is committed and unnumbered is waited for, so
    # that a caller finds what has just been answered to them
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(sequencer_lock(schema)))):
        return 0
    if await session.scalar(select(exists(select(outbox.c.id)))):
        return 0
    statement = insert(settled).values(single=True, until=instant)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[settled.c.single],
            set_={"until": func.greatest(settled.c.until, statement.excluded.until)},
        )
    )
    return None
