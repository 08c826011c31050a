"""A consumer whose source began another history loads the snapshot, and then holds the same as the source."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica, snapshot_staging
from chassis.database import AS_SYSTEM
from chassis.feed.comparing import differing_buckets
from chassis.feed.consumer import Reacting, position_of
from chassis.feed.outbox import Change
from chassis.feed.recovery import follow_or_recover, load_snapshot
from chassis.feed.replica import Replicating
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable
from tests.chassis.feed.events import change, write
from tests.chassis.owner import as_owner
from tests.chassis.probe import PROBE
from tests.interleaving import Before, stopped
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, running
from tests.waiting import something_waits

pytestmark = pytest.mark.anyio
KIND, SOURCE = "thing", "registry"
_LATEST = """
    INSERT INTO feed_latest
    SELECT DISTINCT ON (kind, subject_id)
           kind, subject_id, position, version, (data ->> 'deleted')::boolean, division_path, zone_id
    FROM feed ORDER BY kind, subject_id, position DESC
"""


def thing(subject: UUID, version: int, *, name: str = "", deleted: bool = False) -> Change:
    resource = {"id": str(subject), "version": version, "name": name, "division_path": []}
    return change(subject, version, change="deleted" if deleted else "updated", resource=resource)


class Bent(httpx.AsyncBaseTransport):
    """Hands on to the service and may bend its answers."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self.inner = inner
        self.bend: Callable[[bytes], bytes] = bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.inner.handle_async_request(request)
        body = await answer.aread()
        if request.url.path.endswith("/snapshot"):
            body = self.bend(body)
        return httpx.Response(answer.status_code, headers={"content-type": "x"}, content=body)


@dataclass
class Pair:
    """A service that follows a feed: its own, which is as good as another's."""

    service: RunningService
    databases: ServiceDatabases
    transport: Bent
    peer: Peer

    async def tell(self, *changes: Change) -> None:
        await write(self.service.runtime.database, *changes)
        await self.service.number_events()

    async def follow(self) -> int:
        return await follow_or_recover(self.service.runtime.database, self.peer, SOURCE, Replicating({KIND}))

    async def forget_after(self, position: int) -> None:
        """The source is as it was at `position`, as a copy of its data folder would have it."""
        await as_owner(self.databases, "DELETE FROM feed WHERE position > $1", position)
        await as_owner(self.databases, "DELETE FROM feed_latest")
        await as_owner(self.databases, _LATEST)

    async def copies(self) -> dict[UUID, tuple[int, bool]]:
        async with self.service.runtime.database.transaction() as session:
            rows = (await session.execute(select(replica), execution_options=AS_SYSTEM)).all()
        return {row.id: (row.version, row.deleted) for row in rows}

    async def position(self) -> int:
        async with self.service.runtime.database.transaction() as session:
            return (await position_of(session, SOURCE)).position

    async def staged(self) -> int:
        async with self.service.runtime.database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(snapshot_staging)) or 0

    async def differing(self) -> list[int]:
        return await differing_buckets(self.service.runtime.database, self.peer, SOURCE, KIND)


@pytest.fixture
async def pair(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[Pair]:
    async with running(PROBE, service_databases, keys) as service:
        transport = Bent(service.transport)
        # a peer that the registry lets read its feed
        peer = Peer(SOURCE, f"http://{SOURCE}", keys.signer("projects"), transport)
        yield Pair(service, service_databases, transport, peer)
        await peer.close()


async def test_after_a_restore_the_copies_are_as_the_source_again(pair: Pair) -> None:
    kept, renamed, lost, gone = (uuid4() for _ in range(4))
    await pair.tell(thing(kept, 1), thing(renamed, 1), thing(gone, 1))
    assert await pair.follow() == 3
    backup = await pair.position()
    await pair.tell(
        thing(renamed, 2, name="lost"), thing(renamed, 3), thing(lost, 1), thing(gone, 2, deleted=True)
    )
    await pair.follow()
    assert await pair.differing() == []
    await pair.forget_after(backup)
    # the new history is longer than the old one, and its newest version of an object is older
    await pair.tell(thing(renamed, 2, name="other"), *(thing(kept, version) for version in range(2, 8)))
    assert await pair.follow() == 4  # three that are there, and one that is no more
    assert await pair.copies() == {
        kept: (7, False),
        renamed: (2, False),
        gone: (1, False),
        lost: (1, True),
    }
    assert (await pair.differing(), await pair.staged()) == ([], 0)
    await pair.tell(thing(renamed, 3))
    assert (await pair.follow(), await pair.differing()) == (1, [])


async def test_a_deletion_below_the_horizon_reaches_a_consumer_that_was_away(pair: Pair) -> None:
    stays, goes = uuid4(), uuid4()
    await pair.tell(thing(stays, 1), thing(goes, 1))
    await pair.follow()
    await pair.tell(thing(goes, 2, deleted=True), thing(stays, 2))
    await as_owner(
        pair.databases,
        "INSERT INTO feed_horizon (position, tombstones) VALUES ($1, $1)",
        await pair.position() + 1,
    )
    await as_owner(pair.databases, "DELETE FROM feed_latest WHERE deleted")
    await pair.follow()
    assert await pair.copies() == {stays: (2, False), goes: (1, True)}
    assert await pair.differing() == []


@pytest.mark.parametrize(
    "bend",
    [
        lambda body: body[: len(body) // 2],
        lambda body: b"".join(body.splitlines(keepends=True)[:-1]),
        lambda body: body.replace(b'"version":1', b'"version":2', 1),
        lambda body: b"".join(line for n, line in enumerate(body.splitlines(keepends=True)) if n != 1),
        lambda body: b"",
        lambda body: b"rubbish\n",
        lambda body: b'{"epoch":"x"}\n{"count":0}\n',
    ],
)
async def test_a_snapshot_that_is_not_whole_changes_nothing(
    pair: Pair, bend: Callable[[bytes], bytes]
) -> None:
    await pair.tell(*(thing(uuid4(), 1) for _ in range(5)))
    await pair.follow()
    before, position = await pair.copies(), await pair.position()
    await pair.forget_after(position - 2)
    pair.transport.bend = bend
    with pytest.raises(DependencyUnavailable):
        await pair.follow()
    assert (await pair.copies(), await pair.position(), await pair.staged()) == (before, position, 0)
    pair.transport.bend = bytes
    await pair.follow()
    assert await pair.differing() == []


async def test_readers_see_the_old_copies_until_all_is_loaded(pair: Pair) -> None:
    old, new = uuid4(), uuid4()
    await pair.tell(thing(old, 1))
    await pair.follow()
    await pair.forget_after(0)
    await pair.tell(thing(new, 1))
    database = pair.service.runtime.database
    async with stopped(pair.follow(), Before(database, "UPDATE consumer")):
        assert await pair.copies() == {old: (1, False)}
    assert await pair.copies() == {old: (1, True), new: (1, False)}


async def test_a_loader_that_dies_between_effect_and_position_is_followed_by_another(pair: Pair) -> None:
    subject = uuid4()
    await pair.tell(thing(subject, 1))
    database = pair.service.runtime.database
    async with stopped(pair.follow(), Before(database, "UPDATE consumer")) as dying:
        await dying.kill()
    assert (await pair.copies(), await pair.position()) == ({}, 0)
    await pair.follow()
    assert await pair.copies() == {subject: (1, False)}


async def test_of_two_that_load_at_once_one_applies(pair: Pair) -> None:
    await pair.tell(*(thing(uuid4(), 1) for _ in range(3)))
    database = pair.service.runtime.database

    async def load() -> int:
        return await load_snapshot(database, pair.peer, SOURCE, Replicating({KIND}))

    # the first has applied all and holds the position; the second has staged all and wants it
    async with stopped(load(), Before(database, "UPDATE consumer")) as first:
        second = asyncio.create_task(load())
        while not (second.done() or await something_waits(database)):
            await asyncio.sleep(0.01)
        first.go_on()
        assert sorted([await first, await second]) == [0, 3]
    assert (len(await pair.copies()), await pair.staged()) == (3, 0)


async def test_who_keeps_no_copies_goes_on_from_the_snapshot_s_position(pair: Pair) -> None:
    told: list[Any] = []

    async def react(_session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
        told.extend(event["data"]["id"] for event in events)

    database, old, new = pair.service.runtime.database, uuid4(), uuid4()
    await pair.tell(thing(uuid4(), 1))
    await follow_or_recover(database, pair.peer, SOURCE, Reacting(react))
    await pair.forget_after(0)
    await pair.tell(thing(old, 1))
    await follow_or_recover(database, pair.peer, SOURCE, Reacting(react))
    await pair.tell(thing(new, 1))
    await follow_or_recover(database, pair.peer, SOURCE, Reacting(react))
    assert (told[1:], await pair.copies()) == ([str(new)], {})


async def test_many_objects_are_loaded_in_parts(pair: Pair) -> None:
    subjects: list[Any] = [uuid4() for _ in range(1101)]
    await pair.tell(*(thing(subject, 1) for subject in subjects))
    assert await pair.follow() == 500
    await pair.forget_after(300)
    assert await pair.follow() == 500
    assert sum(not deleted for _, deleted in (await pair.copies()).values()) == 300
    assert await pair.differing() == []
