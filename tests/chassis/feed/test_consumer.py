"""Following a feed: the position moves with the effect, or neither does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import event, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import idempotency
from chassis.database import Database
from chassis.feed.consumer import Reacting, follow_once, position_of
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable, Gone
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, Refusing, RunningService, running

pytestmark = pytest.mark.anyio
SOURCE = "elsewhere"


@dataclass
class Feed(httpx.AsyncBaseTransport):
    """Another service's feed of `length` events, a stretch of three at a time."""

    length: int = 7
    epoch: str = "e1"
    asked: list[dict[str, str]] = field(default_factory=list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = dict(request.url.params)
        self.asked.append(asked)
        after = int(asked["after"])
        if (asked["epoch"] not in {"", self.epoch}) or after > self.length:
            return httpx.Response(410)
        last = min(after + 3, self.length)
        items = [{"id": str(uuid4()), "data": {"number": n}} for n in range(after + 1, last + 1)]
        return httpx.Response(200, json={"epoch": self.epoch, "items": items, "next_after": f"{last:018d}"})


@dataclass
class Follower:
    database: Database
    peer: Peer
    feed: Feed

    async def once(self) -> int:
        return await follow_once(self.database, self.peer, SOURCE, Reacting(remember))

    async def position(self) -> tuple[str, int]:
        async with self.database.transaction() as session:
            return (await position_of(session, SOURCE))[:2]

    async def effects(self) -> list[str]:
        async with self.database.transaction() as session:
            return sorted((await session.scalars(select(idempotency.c.key))).all())


async def remember(session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
    """An effect that fails if it is had twice: a primary key for each event."""
    rows = [
        {
            "subject": SOURCE,
            "key": f"{e['data']['number']:03d}",
            "fingerprint": b"",
            "status": 1,
            "headers": {},
            "body": b"",
        }
        for e in events
    ]
    if rows:
        await session.execute(insert(idempotency), rows)


@pytest.fixture
async def follower(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[Follower]:
    async with running(PROBE, service_databases, keys) as service:
        yield _following(service, Feed())


def _following(service: RunningService, feed: Feed) -> Follower:
    peer = Peer(SOURCE, f"http://{SOURCE}", service.runtime.signer, feed)
    return Follower(service.runtime.database, peer, feed)


async def test_the_feed_is_applied_stretch_by_stretch_from_where_it_was_left(follower: Follower) -> None:
    assert [await follower.once() for _ in range(4)] == [3, 3, 1, 0]
    assert await follower.position() == ("e1", 7)
    assert await follower.effects() == [f"{n:03d}" for n in range(1, 8)]
    assert [(ask["after"], ask["epoch"]) for ask in follower.feed.asked] == [
        ("0", ""),
        ("3", "e1"),
        ("6", "e1"),
        ("7", "e1"),
    ]


async def test_a_failure_after_the_effect_keeps_effect_and_position_out(follower: Follower) -> None:
    await follower.once()

    async def fails(session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
        await remember(session, events)
        raise LookupError

    with pytest.raises(LookupError):
        await follow_once(follower.database, follower.peer, SOURCE, Reacting(fails))
    assert (await follower.position(), await follower.effects()) == (("e1", 3), ["001", "002", "003"])
    await follower.once()
    assert (await follower.position(), len(await follower.effects())) == (("e1", 6), 6)


async def test_a_failure_between_effect_and_position_keeps_both_out(follower: Follower) -> None:
    def fails(*arguments: Any) -> None:
        if arguments[2].startswith("UPDATE consumer"):
            raise LookupError

    engine = follower.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", fails)
    try:
        with pytest.raises(LookupError):
            await follower.once()
    finally:
        event.remove(engine, "before_cursor_execute", fails)
    assert (await follower.position(), await follower.effects()) == (("", 0), [])
    assert await follower.once() == 3


async def test_a_kill_between_effect_and_position_keeps_both_out(follower: Follower) -> None:
    reached, never = asyncio.Event(), asyncio.Event()

    async def hangs(session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
        await remember(session, events)
        reached.set()
        await never.wait()

    task = asyncio.create_task(follow_once(follower.database, follower.peer, SOURCE, Reacting(hangs)))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await follower.position(), await follower.effects()) == (("", 0), [])


async def test_a_stretch_that_two_rivals_fetched_is_applied_once(follower: Follower) -> None:
    both = asyncio.Barrier(2)

    class Together(httpx.AsyncBaseTransport):
        """Both have fetched before either applies."""

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            answer = await follower.feed.handle_async_request(request)
            await both.wait()
            return answer

    rival = Peer(SOURCE, f"http://{SOURCE}", follower.peer._signer, Together())
    done = await asyncio.gather(
        *(follow_once(follower.database, rival, SOURCE, Reacting(remember)) for _ in range(2))
    )
    assert sorted(done) == [0, 3]
    assert (await follower.position(), await follower.effects()) == (("e1", 3), ["001", "002", "003"])


async def test_events_that_are_not_for_us_move_the_position_all_the_same(follower: Follower) -> None:
    follower.feed.length = 0
    assert await follower.once() == 0
    assert await follower.position() == ("e1", 0)


async def test_another_epoch_or_a_feed_that_became_shorter_is_noticed(follower: Follower) -> None:
    for _ in range(3):
        await follower.once()
    follower.feed.length = 2  # a restore of an older backup
    with pytest.raises(Gone):
        await follower.once()
    follower.feed.length, follower.feed.epoch = 9, "e2"
    with pytest.raises(Gone):
        await follower.once()
    assert await follower.position() == ("e1", 7)


async def test_a_source_that_is_down_changes_nothing(follower: Follower) -> None:
    await follower.once()
    down = Peer(SOURCE, f"http://{SOURCE}", follower.peer._signer, Refusing())
    with pytest.raises(DependencyUnavailable):
        await follow_once(follower.database, down, SOURCE, Reacting(remember))
    assert await follower.position() == ("e1", 3)
