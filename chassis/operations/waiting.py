"""Waiting for the end of operations: one statement a round for all who wait in this process."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID

import structlog
from sqlalchemy import select

from chassis.database import Database
from chassis.operations.states import FINISHED
from chassis.operations.tables import operation
from chassis.stopping import Stopping

log = structlog.get_logger("operations")
_ROUND_SECONDS = 0.5


class Waiting:
    """Between rounds nobody holds a connection."""

    def __init__(self, database: Database, stopping: Stopping) -> None:
        self._database, self._stopping = database, stopping
        self._waited: dict[UUID, list[asyncio.Event]] = {}
        self._rounds: asyncio.Task[None] | None = None

    @property
    def waiters(self) -> int:
        """How many wait in this process."""
        return sum(map(len, self._waited.values()))

    async def until_finished(self, operation_id: UUID, seconds: float) -> None:
        """Return when the operation has ended, after `seconds`, or when this process is to stop."""
        over = asyncio.Event()
        self._waited.setdefault(operation_id, []).append(over)
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._look())
        try:
            with suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), seconds)
        finally:
            self._waited[operation_id].remove(over)
            if not self._waited[operation_id]:
                del self._waited[operation_id]
            if not self._waited and self._rounds is not None:
                self._rounds.cancel()
                self._rounds = None

    async def _look(self) -> None:
        while True:
            for operation_id in await self._over():
                for over in self._waited.get(operation_id, ()):
                    over.set()
            await asyncio.sleep(_ROUND_SECONDS)

    async def _over(self) -> list[UUID]:
        waited = list(self._waited)
        if self._stopping.asked:
            return waited
        statement = select(operation.c.id).where(operation.c.id.in_(waited), operation.c.state.in_(FINISHED))
        try:
            async with self._database.transaction() as session:
                return list(await session.scalars(statement))
        except Exception as error:  # who waits sees it at the next round, or reads for itself
            log.warning("waiting for the database", error=repr(error))
            return []
