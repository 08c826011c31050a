"""What the registry says of a zone shows in its observations, and is told in our own feed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import update

from chassis.base_tables import consumer, replica
from chassis.feed.comparing import differing_buckets
from chassis.feed.recovery import follow_or_recover
from services.evaluation.app import SERVICE
from tests.evaluation.conftest import TwoServices
from tests.interleaving import Before, stopped
from tests.service_app import ministry, province
from tests.waiting import something_waits

pytestmark = pytest.mark.anyio
NEW_NAMES = {"zh-Hans": "新名", "en": "New name"}


async def _of_zone(services: TwoServices, code: str) -> list[dict[str, Any]]:
    async with services.client() as reader:
        items: list[dict[str, Any]] = (await reader.get(f"/api/v1/observations?zone={code}")).json()["items"]
    return items


async def test_a_zone_s_new_name_is_told_for_each_of_its_observations(observed: TwoServices) -> None:
    before = await _of_zone(observed, "HB-1")
    path = f"/api/v1/observations/{before[0]['id']}"
    async with observed.client() as reader:
        old = await reader.get(path)
        await observed.change_zone("HB-1", names=NEW_NAMES)
        new = await reader.get(path)
    told = await observed.events("observation")
    after = await _of_zone(observed, "HB-1")
    assert before
    assert {event["data"]["id"]: event["data"]["resource"] for event in told} == {
        item["id"]: item for item in after
    }
    assert {item["zone"]["name"] for item in after} == {"新名"}
    assert all(event["data"]["changed"] == ["zone"] for event in told)
    assert all(event["actor"] == "person:ministry" for event in told)
    assert (old.headers["etag"] != new.headers["etag"], old.json()["version"]) == (
        True,
        new.json()["version"],
    )


async def test_what_observations_do_not_show_of_a_zone_tells_nothing(observed: TwoServices) -> None:
    await observed.change_zone("HB-1", theme="绿色")
    assert await observed.events("observation") == []


async def test_a_zone_that_moves_takes_its_observations_along(observed: TwoServices) -> None:
    await observed.change_zone("HB-1", names=NEW_NAMES)  # each is told of, so that its leaving can be
    count = len(await observed.events("observation", province("420000")))
    await observed.change_zone("HB-1", division={"code": "430181", "edition": "201904"})
    left = (await observed.events("observation", province("420000")))[count:]
    entered = await observed.events("observation", province("430000"))
    assert count > 0
    assert [event["type"] for event in left] == ["sdz.observation.removed_from_scope.v1"] * count
    assert len(entered) == count
    assert all(event["data"]["resource"]["zone"]["code"] == "HB-1" for event in entered)


async def test_observations_of_a_deleted_zone_are_told_as_deleted(observed: TwoServices) -> None:
    count = len(await _of_zone(observed, "HB-1"))
    async with observed.registry.client(ministry()) as office:
        zone = await office.get("/api/v1/zones/code:HB-1")
        path = f"/api/v1/zones/{zone.json()['id']}"
        assert (await office.delete(path, headers={"if-match": zone.headers["etag"]})).status_code == 204
    await observed.follow()
    told = await observed.events("observation")
    assert [event["data"]["deleted"] for event in told] == [True] * count
    assert await _of_zone(observed, "HB-1") == []


async def test_a_correction_and_a_rename_at_once_end_with_the_new_name_told_last(
    observed: TwoServices,
) -> None:
    item = (await _of_zone(observed, "HB-1"))[0]
    path = f"/api/v1/observations/{item['id']}"
    database = observed.evaluation.runtime.database
    async with observed.client() as office:
        headers = {"if-match": (await office.get(path)).headers["etag"]}
        # the feed has renewed the zone and told of its observations, and has not committed
        renaming = observed.change_zone("HB-1", names=NEW_NAMES)
        async with stopped(renaming, Before(database, "UPDATE consumer")) as follower:
            correcting = asyncio.create_task(office.patch(path, json={"note": "x"}, headers=headers))
            while not (correcting.done() or await something_waits(database)):
                await asyncio.sleep(0.01)
            follower.go_on()
            await follower
            assert (await correcting).status_code == 200
    told = [event for event in await observed.events("observation") if event["data"]["id"] == item["id"]]
    assert [event["data"]["changed"] for event in told] == [["zone"], ["note"]]
    assert {event["data"]["resource"]["zone"]["name"] for event in told} == {"新名"}


async def test_after_a_restore_of_the_registry_its_snapshot_is_told_on(observed: TwoServices) -> None:
    runtime, apply = observed.evaluation.runtime, SERVICE.follows["registry"]
    peer = runtime.peers["registry"]
    count = len(await _of_zone(observed, "HB-1"))
    async with runtime.database.transaction() as session:
        await session.execute(update(consumer).values(epoch="1-1"))
        await session.execute(update(replica).where(replica.c.code == "HB-1").values(version=99))
    async with observed.registry.client(ministry()) as office:
        zone = await office.get("/api/v1/zones/code:HB-1")
        path = f"/api/v1/zones/{zone.json()['id']}"
        headers = {"if-match": zone.headers["etag"]}
        assert (await office.patch(path, json={"names": NEW_NAMES}, headers=headers)).status_code == 200
    await observed.registry.number_events()
    await follow_or_recover(runtime.database, peer, "registry", apply)
    told = await observed.events("observation")
    assert [event["data"]["changed"] for event in told] == [["zone"]] * count
    assert await differing_buckets(runtime.database, peer, "registry", "zone") == []
