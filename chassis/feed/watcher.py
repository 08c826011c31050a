"""One watcher a process looks for new events and tells all who wait; none of them asks the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import select

from chassis.base_tables import feed
from chassis.database import AS_SYSTEM, Database
from chassis.identity.principal import Scope
from chassis.stopping import Stopping

log = structlog.get_logger("watcher")

_POLL_SECONDS, _BROKEN_SECONDS = 0.1, 1.0
_MOST = 1000
_SEEN = select(
    feed.c.position, feed.c.kind, feed.c.division_path, feed.c.zone_id, feed.c.left_path, feed.c.left_zone_id
)


@dataclass(eq=False)
class _Waiter:
    interested: Callable[[Any], bool]
    after: int
    woken: asyncio.Event


class Watcher:
    """Looks while somebody waits, and as soon as the sequencer of this process says that it has numbered."""

    def __init__(self, database: Database, stopping: Stopping) -> None:
        self._database, self._stopping = database, stopping
        self._waiters: set[_Waiter] = set()
        self._numbered = asyncio.Event()
        self._seen = 0
        self._task: asyncio.Task[None] | None = None

    def told(self) -> None:
        """Something has just been numbered here."""
        self._numbered.set()

    async def wait(self, after: int, interested: Callable[[Any], bool], seconds: float) -> None:
        """Return when an event beyond `after` is of interest, the time is over, or the process is to stop.

        `after` is what the caller has read up to. It holds no connection.
        """
        waiter = _Waiter(interested, after, asyncio.Event())
        self._seen = min(self._seen, after) if self._waiters else after
        self._waiters.add(waiter)
        if self._task is None:
            self._task = asyncio.create_task(self._watch())
        try:
            async with asyncio.timeout(seconds):
                await waiter.woken.wait()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)

    async def _watch(self) -> None:
        try:
            while self._waiters:
                self._numbered.clear()
                await self._look()
                for waiter in self._waiters if self._stopping.asked else ():
                    waiter.woken.set()
                try:
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._numbered.wait()
                except TimeoutError:
                    pass
        finally:
            self._task = None

    async def _look(self) -> None:
        start = self._seen
        try:
            async with self._database.transaction() as session:
                statement = _SEEN.where(feed.c.position > start).order_by(feed.c.position).limit(_MOST)
                rows = (await session.execute(statement, execution_options=AS_SYSTEM)).all()
        except Exception as error:
            log.warning("watcher waits for its database", error=repr(error))
            await asyncio.sleep(_BROKEN_SECONDS)
            return
        if rows and self._seen == start:  # unless somebody came meanwhile who has read less
            self._seen = rows[-1].position
        for waiter in self._waiters:
            if any(row.position > waiter.after and waiter.interested(row) for row in rows):
                waiter.woken.set()
        if len(rows) == _MOST:
            self._numbered.set()  # look again at once


def interest(scope: Scope, kinds: list[str]) -> Callable[[Any], bool]:
    """Whether a reader is told of an event: the rule of `reading.visible_events`, without the database."""

    def interested(event: Any) -> bool:
        if kinds and event.kind not in kinds:
            return False
        return _sees(scope, event.division_path, event.zone_id) or (
            event.left_path is not None and _sees(scope, event.left_path, event.left_zone_id)
        )

    return interested


def _sees(scope: Scope, division_path: list[str], zone_id: object) -> bool:
    return (not division_path and zone_id is None) or scope.covers(division_path, zone_id)
