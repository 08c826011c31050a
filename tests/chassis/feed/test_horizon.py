"""What is forgotten, what never is, and what a reader is told who comes too late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.feed.purging import purge
from tests.chassis.answers import problem_of
from tests.chassis.feed.events import change, numbered, write
from tests.chassis.owner import as_owner
from tests.interleaving import After, Before, stopped
from tests.postgres import ServiceDatabases
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
URL = "/api/v1/changes"
YEAR = timedelta(days=365)


async def tell(service: RunningService, *changes: Any) -> int:
    """Numbered at once; the position of the last."""
    await write(service.runtime.database, *changes)
    await service.number_events()
    return int((await numbered(service.runtime.database))[-1].position)


async def age(databases: ServiceDatabases, days: int, up_to: int) -> None:
    await as_owner(
        databases,
        "UPDATE feed SET stamped_at = stamped_at - make_interval(days => $1) WHERE position <= $2",
        days,
        up_to,
    )


def deleted(subject: UUID, version: int) -> Any:
    return change(subject, version, change="deleted")


async def things(service: RunningService) -> dict[UUID, list[int]]:
    found: dict[UUID, list[int]] = {}
    for row in await numbered(service.runtime.database):
        if row.kind == "thing":
            found.setdefault(row.subject_id, []).append(row.version)
    return found


async def test_old_events_are_forgotten_and_no_object_is(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    quiet, busy, gone = uuid4(), uuid4(), uuid4()
    old = await tell(probe, change(quiet, 1), change(busy, 1), change(busy, 2), change(gone, 1))
    await age(service_databases, 366, old)
    await tell(probe, change(busy, 3), deleted(gone, 2))
    assert await purge(probe.runtime.database, YEAR) == 1
    assert await things(probe) == {quiet: [1], busy: [2, 3], gone: [1, 2]}
    assert await purge(probe.runtime.database, YEAR) == 0


async def test_a_tombstone_stays_400_days_however_short_the_retention(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    early, late = uuid4(), uuid4()
    position = await tell(probe, change(early, 1), deleted(early, 2))
    await age(service_databases, 20, position)
    last = await tell(probe, change(late, 1), deleted(late, 2), change(uuid4(), 1))
    await age(service_databases, 390, last)
    await purge(probe.runtime.database, timedelta(0))
    kept = await things(probe)
    assert (kept.get(early), kept[late]) == (None, [2])


async def test_the_newest_position_is_never_forgotten(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    only = uuid4()
    position = await tell(probe, change(only, 1), deleted(only, 2))
    await age(service_databases, 900, position)
    await purge(probe.runtime.database, YEAR)
    assert await tell(probe, change(uuid4(), 1)) == position + 1


async def test_a_reader_below_the_horizon_is_shown_the_snapshot(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    old = await tell(probe, change(uuid4(), 1), change(uuid4(), 1))
    await age(service_databases, 366, old)
    await purge(probe.runtime.database, YEAR)
    async with probe.client(ministry()) as client:
        at_horizon = await client.get(f"{URL}?after={old}")
        below = await client.get(f"{URL}?after={old - 1}")
        digest = await client.get(f"{URL}/digest?type=thing&at={old - 1}")
        snapshot = await client.get(below.json()["snapshot"])
    assert (at_horizon.status_code, at_horizon.json()["horizon"]) == (200, f"{old:018d}")
    for refused in (below, digest):
        told = problem_of(refused, 410, "gone")
        assert (told["horizon"], told["epoch"]) == (f"{old:018d}", at_horizon.json()["epoch"])
        assert refused.headers["link"] == '</api/v1/changes/snapshot?source=registry>; rel="alternate"'
    assert snapshot.status_code == 200


async def test_another_history_of_the_same_epoch_is_known_by_its_events(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    position = await tell(probe, change(uuid4(), 1))
    async with probe.client(ministry()) as client:
        page = (await client.get(URL)).json()
        query = f"{URL}?epoch={page['epoch']}&after={page['next_after']}&anchor={page['anchor']}"
        assert (await client.get(query)).status_code == 200
        # a copy of the data folder from before that event, which has gone on differently since
        for table in ("feed", "feed_latest"):
            await as_owner(service_databases, f"DELETE FROM {table} WHERE position = $1", position)
        await tell(probe, change(uuid4(), 1), change(uuid4(), 1))
        problem_of(await client.get(query), 410, "gone")


async def test_a_purge_and_a_reader_at_once_lose_nothing_silently(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    subject = uuid4()
    first = await tell(probe, change(subject, 1))
    last = await tell(probe, change(subject, 2), change(subject, 3))
    await age(service_databases, 366, last)
    async with probe.client(ministry()) as client:

        async def read() -> list[int]:
            answer = await client.get(f"{URL}?after={first - 1}&types=thing")
            return [event["data"]["version"] for event in answer.json()["items"]]

        # it has seen the horizon, and not yet the events
        async with stopped(read(), Before(probe.runtime.database, "SELECT feed.")) as reading:
            assert await purge(probe.runtime.database, YEAR) > 0
        assert await reading == [1, 2, 3]


async def test_a_purge_and_the_sequencer_take_turns(probe: RunningService) -> None:
    await write(probe.runtime.database, change(uuid4(), 1))
    async with stopped(
        purge(probe.runtime.database, YEAR), After(probe.runtime.database, "SELECT purge_feed")
    ):
        await write(probe.runtime.database, change(uuid4(), 1))
        before = len(await numbered(probe.runtime.database))
        await probe.number_events()
        assert len(await numbered(probe.runtime.database)) == before
    await probe.number_events()
    assert len(await numbered(probe.runtime.database)) > before
