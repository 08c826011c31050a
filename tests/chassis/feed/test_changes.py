"""What a reader of the feed sees."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from chassis.feed.sequencer import number_batch
from chassis.identity.principal import Scope
from tests.chassis.answers import problem_of
from tests.chassis.feed.events import change, write
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
URL = "/api/v1/changes"


async def test_an_event_is_a_cloud_event(probe: RunningService) -> None:
    subject = uuid4()
    await write(probe.runtime.database, change(subject, 3, changed=["b", "a"]))
    await probe.number_events()
    async with probe.client(ministry()) as client:
        page = (await client.get(f"{URL}?types=thing")).json()
    (event,) = page["items"]
    assert (event["specversion"], event["source"], event["type"]) == (
        "1.0",
        "/registry",
        "sdz.thing.updated.v1",
    )
    assert (event["subject"], event["sequence"]) == (f"thing/{subject}", page["next_after"])
    assert event["data"] == {
        "id": str(subject),
        "version": 3,
        "deleted": False,
        "changed": ["a", "b"],
        "resource": {"version": 3},
    }


async def test_a_reader_continues_where_the_page_ended(probe: RunningService) -> None:
    await write(probe.runtime.database, *(change(uuid4(), 1) for _ in range(25)))
    await probe.number_events()
    seen, after = [], "0"
    async with probe.client(ministry()) as client:
        while True:
            page = (await client.get(f"{URL}?after={after}&limit=10&types=thing")).json()
            seen += [event["id"] for event in page["items"]]
            after = page["next_after"]
            if page["up_to_date"]:
                break
    assert len(seen) == len(set(seen)) == 25


async def test_what_lies_outside_the_scope_is_passed_over(probe: RunningService) -> None:
    zone = uuid4()
    await write(
        probe.runtime.database,
        change(uuid4(), 1, resource={"of": "nobody"}),
        change(uuid4(), 1, resource={"of": "hubei"}, division_path=["420000", "420100"]),
        change(uuid4(), 1, resource={"of": "hunan"}, division_path=["430000"], zone_id=zone),
        change(uuid4(), 1, resource={"of": "zone only"}, zone_id=zone),
    )
    await probe.number_events()
    callers = {
        "hubei": province("420000"),
        "zone": province("x", view=Scope(zones=frozenset({str(zone)}))),
        "nowhere": province("x", view=Scope()),
        "all": ministry(),
    }
    seen, reached = {}, set()
    for name, caller in callers.items():
        async with probe.client(caller) as client:
            page = (await client.get(f"{URL}?types=thing")).json()
        seen[name] = [event["data"]["resource"]["of"] for event in page["items"]]
        reached.add(page["next_after"])
    assert seen == {
        "hubei": ["nobody", "hubei"],
        "zone": ["nobody", "hunan", "zone only"],
        "nowhere": ["nobody"],
        "all": ["nobody", "hubei", "hunan", "zone only"],
    }
    assert len(reached) == 1


async def test_another_epoch_or_a_position_beyond_the_head_is_gone(probe: RunningService) -> None:
    await write(probe.runtime.database, change(uuid4(), 1))
    await probe.number_events()
    async with probe.client(ministry()) as client:
        page = (await client.get(URL)).json()
        same = await client.get(f"{URL}?epoch={page['epoch']}&after={page['next_after']}")
        other = await client.get(f"{URL}?epoch=1-1&after=0")
        beyond = await client.get(f"{URL}?after={int(page['next_after']) + 1}")
    assert (same.status_code, same.json()["items"]) == (200, [])
    assert problem_of(other, 410, "gone")["epoch"] == page["epoch"]
    problem_of(beyond, 410, "gone")


async def test_another_services_feed_is_not_answered_here(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        problem_of(await client.get(f"{URL}?source=projects"), 400, "invalid_parameter")
        assert (await client.get(f"{URL}?source=registry")).status_code == 200


async def test_a_wait_ends_with_the_event_and_holds_no_connection(
    probe: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, held = probe.runtime.database, list[str]()
    waiting, wait = asyncio.Event(), probe.runtime.watcher.wait

    async def watched(*arguments: Any) -> None:
        held.append(database.engine.pool.status())
        waiting.set()
        await wait(*arguments)

    await probe.number_events()
    async with probe.client(ministry()) as client, asyncio.TaskGroup() as group:
        after = (await client.get(URL)).json()["next_after"]
        idle = database.engine.pool.status()
        monkeypatch.setattr(probe.runtime.watcher, "wait", watched)
        reader = group.create_task(client.get(f"{URL}?after={after}&wait=30", timeout=40))
        await waiting.wait()
        await write(database, change(uuid4(), 1))
        while not await number_batch(database):
            pass
    assert [event["type"] for event in reader.result().json()["items"]] == ["sdz.thing.updated.v1"]
    assert "Current Checked out connections: 0" in idle
    assert idle == held[0]


async def test_a_wait_ends_before_the_callers_deadline(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        answer = await client.get(f"{URL}?wait=30", headers={"sdz-timeout-ms": "600"}, timeout=20)
    assert (answer.status_code, answer.json()["up_to_date"]) == (200, True)
