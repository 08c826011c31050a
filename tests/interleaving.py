"""Stopping one transaction at a chosen point, so that a test can do something else meanwhile.

    async with stopped(write(database, event), Before(database, "COMMIT")) as writer:
        assert await number_batch(database) == 0  # inserted, not committed: not numbered
    assert await writer == ...                    # it went on when the block ended

Only the given coroutine, and tasks that it starts, stop; and only the first time that they reach the point.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Generator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, Generic, Protocol, TypeVar

import httpx
from sqlalchemy import Connection, event
from sqlalchemy.util import await_only

from chassis.database import Database
from chassis.peers import Peer

T = TypeVar("T")
_current: ContextVar[Stopped[Any] | None] = ContextVar("stopped", default=None)
_PATIENCE = 30.0


class Point(Protocol):
    """Where to stop: while `watch` is open, the running task's `stop` is awaited whenever it gets there."""

    def watch(self) -> AbstractContextManager[None]: ...


class Stopped(Generic[T]):
    """The coroutine that was stopped; awaiting it gives its result."""

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._reached, self._going_on = asyncio.Event(), asyncio.Event()
        self.task = asyncio.create_task(self._run(coroutine))

    async def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        _current.set(self)
        return await coroutine

    def __await__(self) -> Generator[Any, None, T]:
        return self.task.__await__()

    async def reached(self) -> None:
        """Wait until it stands at its point. AssertionError if it ended without getting there."""
        waiting = asyncio.create_task(self._reached.wait())
        await asyncio.wait({waiting, self.task}, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not self._reached.is_set():
            if self.task.done():
                self.task.result()
            raise AssertionError("it never came to the point where it should stop")

    def go_on(self) -> None:
        self._going_on.set()

    async def kill(self) -> None:
        """End it where it stands, as the end of its process would."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def stop(self) -> None:
        if not self._reached.is_set():
            self._reached.set()
            await self._going_on.wait()


@asynccontextmanager
async def stopped(coroutine: Coroutine[Any, Any, T], point: Point) -> AsyncIterator[Stopped[T]]:
    """Run `coroutine` up to `point`; inside the block it stands there, after the block it has ended.

    Its exception is raised at the end of the block, or when it is awaited, unless it was killed.
    """
    with point.watch():
        it = Stopped(coroutine)
        try:
            await it.reached()
            yield it
        except BaseException:
            await it.kill()
            raise
        it.go_on()
        if not it.task.cancelled():
            await it.task


class Before:
    """Before the first statement that begins with `statement`; "COMMIT" is the end of the transaction."""

    _event = "before_cursor_execute"

    def __init__(self, database: Database, statement: str) -> None:
        self._engine, self._statement = database.engine.sync_engine, statement

    @contextmanager
    def watch(self) -> Iterator[None]:
        name, stop = ("commit", _stop) if self._statement == "COMMIT" else (self._event, self._on_statement)
        event.listen(self._engine, name, stop)
        try:
            yield
        finally:
            event.remove(self._engine, name, stop)

    def _on_statement(self, connection: Connection, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().startswith(self._statement):
            _stop(connection)


class After(Before):
    """After the first statement that begins with `statement`, in its transaction."""

    _event = "after_cursor_execute"


class Answered:
    """When `peer` has answered, and before the caller has seen the answer."""

    def __init__(self, peer: Peer) -> None:
        self._client = peer._client

    @contextmanager
    def watch(self) -> Iterator[None]:
        async def hook(_response: httpx.Response) -> None:
            if (it := _current.get()) is not None:
                await it.stop()

        hooks = self._client.event_hooks
        self._client.event_hooks = {**hooks, "response": [*hooks["response"], hook]}
        try:
            yield
        finally:
            self._client.event_hooks = hooks


def _stop(connection: Connection) -> None:
    if (it := _current.get()) is None:
        return
    try:
        # the engine calls its listeners in the greenlet of the task, where a coroutine can be awaited
        await_only(it.stop())
    except asyncio.CancelledError:
        connection.invalidate()  # a process that ends takes its connection along
        raise
