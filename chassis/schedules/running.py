"""Schedules, run by whichever worker sees first that one is due (a row of the queue's tables is its lock)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain import models

from chassis.words import Words

if TYPE_CHECKING:
    from chassis.runtime import Runtime

log = structlog.get_logger("schedules")


@dataclass(frozen=True)
class Schedule:
    """`cron` has five fields, in UTC. `run` is cut off after `seconds`: long work is for an operation.

    A run that was missed while no worker was there is made up for once. A worker that dies in the middle is
    followed by another after 30 s, and one that is asked to stop cuts the run off until its next time: so
    `run` must bear to be cut off anywhere and to be repeated.
    """

    name: str
    cron: str
    title: Words
    run: Callable[[Runtime], Awaitable[None]]
    seconds: float = 300.0


def register(queue: PgQueuer, runtime: Runtime, schedules: Sequence[Schedule]) -> None:
    """Have `queue` run them. Raises ValueError for what is no cron expression."""
    for schedule in schedules:
        _register(queue, runtime, schedule)


def _register(queue: PgQueuer, runtime: Runtime, schedule: Schedule) -> None:
    async def run(_due: models.Schedule) -> None:
        try:
            async with asyncio.timeout(schedule.seconds):
                await _until(queue.shutdown, schedule.run(runtime))
        except Exception as error:
            log.warning("a scheduled run failed", schedule=schedule.name, error=repr(error))

    queue.schedule(schedule.name, schedule.cron, accepts_context=False)(run)


async def _until(stop: asyncio.Event, work: Awaitable[None]) -> None:
    """`work`, cut off when `stop` is set: the queue waits for its runs before it lets the process end."""
    working, stopping = asyncio.ensure_future(work), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        if not working.done():
            working.cancel()
            await asyncio.wait({working})
    if not working.cancelled():
        working.result()
