"""The replica of zones: what the registry says shows here, once, and nothing stops when it is down."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import event, update

from chassis.base_tables import consumer, replica
from chassis.feed.comparing import differing_buckets
from chassis.feed.consumer import position_of
from chassis.feed.recovery import follow_or_recover
from services.projects.app import SERVICE
from services.projects.zone_link import find_zone, hold_zones
from tests.projects.builders import COLLECTIONS, HUBEI, HUNAN, record, row
from tests.projects.conftest import SHEET, TwoServices
from tests.service_app import csv_text, ministry, province
from tests.waiting import waits_for

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize(("collection", "own"), COLLECTIONS)]
NEW_NAMES = {"zh-Hans": "新名", "en": "New name"}


async def _entered(services: TwoServices, collection: str, *codes: str, zone: str = "HB-1") -> None:
    async with services.client(ministry()) as office:
        for code in codes:
            assert (await office.post(f"/api/v1/{collection}", json=record(code, zone))).status_code == 201


async def test_a_zone_s_new_name_shows_in_answer_etag_and_feed(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1", "R-2")
    await _entered(services, collection, "R-3", zone="HN-1")
    await services.follow()
    kind = collection.removesuffix("s")
    seen = len(await services.events(kind))
    path = f"/api/v1/{collection}/code:R-1"
    async with services.client(ministry()) as office:
        before = await office.get(path)
        unmodified = await office.get(path, headers={"if-none-match": before.headers["etag"]})
        await services.change_zone("HB-1", names=NEW_NAMES)
        await services.follow()
        after = await office.get(path, headers={"if-none-match": before.headers["etag"]})
        written = await office.patch(path, json={"note": "x"}, headers={"if-match": before.headers["etag"]})
    assert unmodified.status_code == 304
    assert (after.status_code, after.json()["zone"]["names"]) == (200, NEW_NAMES)
    assert after.json()["version"] == before.json()["version"]
    assert written.status_code == 200  # a renamed zone never fails a writer
    told = (await services.events(kind))[seen:-1]
    assert [(item["data"]["resource"]["code"], item["data"]["changed"]) for item in told] == [
        ("R-1", ["zone"]),
        ("R-2", ["zone"]),
    ]
    assert told[0]["data"]["resource"] == after.json()
    assert told[0]["actor"] == "person:ministry"


async def test_a_zone_that_moves_takes_its_records_along(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    await services.follow()
    path = f"/api/v1/{collection}/code:R-1"
    async with services.client(province(HUBEI)) as hubei, services.client(province(HUNAN)) as hunan:
        before = [(await caller.get(path)).status_code for caller in (hubei, hunan)]
        await services.change_zone("HB-1", division={"code": "430181", "edition": "201904"})
        await services.follow()
        after = [(await caller.get(path)).status_code for caller in (hubei, hunan)]
        shown = await hunan.get(path)
        headers = {"if-match": shown.headers["etag"]}
        written = await hunan.patch(path, json={"note": "x"}, headers=headers)
        refused = await hubei.patch(path, json={"note": "y"}, headers=headers)
    assert (before, after) == ([200, 404], [404, 200])
    assert shown.json()["division_path"] == ["430000", "430100", "430181"]
    assert (written.status_code, refused.status_code) == (200, 404)
    told = await services.events(collection.removesuffix("s"), province(HUNAN))
    assert told[0]["data"]["changed"] == ["division_path"]


async def test_what_records_do_not_show_of_a_zone_tells_nothing(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    await services.follow()  # the zone's own creation, which the entry was ahead of
    await services.change_zone("HB-1", theme="绿色")
    assert await services.follow() == 1
    assert len(await services.events(collection.removesuffix("s"))) == 1


async def test_a_rename_that_a_write_fetched_ahead_of_the_feed_is_told_when_the_feed_comes(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    await services.follow()
    async with services.registry.client(ministry()) as office:
        etag = (await office.get("/api/v1/zones/code:HB-1")).headers["etag"]
        url, headers = "/api/v1/zones/code:HB-1", {"if-match": etag}
        body = {"names": NEW_NAMES, "external_ids": [{"system": "most", "value": "1"}]}
        assert (await office.patch(url, json=body, headers=headers)).status_code == 200
    await _entered(services, collection, "R-2", zone="ext:most:1")
    kind = collection.removesuffix("s")
    seen = len(await services.events(kind))
    await services.follow()
    told = (await services.events(kind))[seen:]
    assert {item["data"]["resource"]["code"] for item in told} >= {"R-1"}
    assert all(item["data"]["resource"]["zone"]["names"] == NEW_NAMES for item in told)


async def test_a_zone_that_a_writer_holds_changes_only_when_the_writer_is_done(
    services: TwoServices, collection: str, own: str
) -> None:
    await services.follow()
    await services.change_zone("HB-1", names=NEW_NAMES)
    await services.registry.number_events()
    runtime = services.projects.runtime
    async with runtime.database.transaction() as session:
        zone_id = await find_zone(session, "HB-1", runtime.peers["registry"])
        before = await hold_zones(session, [zone_id])
        following = asyncio.create_task(services.follow())
        assert await waits_for(session, following)
        assert await hold_zones(session, [zone_id]) == before
    assert await following == 1


async def test_a_crash_between_effect_and_position_neither_loses_nor_repeats(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    await services.follow()
    await services.change_zone("HB-1", names=NEW_NAMES)
    await services.registry.number_events()
    runtime = services.projects.runtime
    engine = runtime.database.engine.sync_engine

    def crash(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("UPDATE consumer"):
            raise ConnectionResetError("the process dies here")

    async with runtime.database.transaction() as session:
        before = await position_of(session, "registry")
    event.listen(engine, "before_cursor_execute", crash)
    with pytest.raises(ConnectionResetError):
        await services.follow()
    event.remove(engine, "before_cursor_execute", crash)
    kind = collection.removesuffix("s")
    async with runtime.database.transaction() as session:
        assert await position_of(session, "registry") == before
    assert len(await services.events(kind)) == 1
    assert [await services.follow(), await services.follow()] == [1, 0]
    assert len(await services.events(kind)) == 2
    async with runtime.database.transaction() as session:
        assert (await position_of(session, "registry"))[1] == before[1] + 1


async def test_after_a_restore_of_the_registry_its_snapshot_is_told_on(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    await _entered(services, collection, "R-2", zone="HN-1")
    await services.follow()
    await services.change_zone("HB-1", names=NEW_NAMES)
    await services.registry.number_events()
    kind, runtime = collection.removesuffix("s"), services.projects.runtime
    peer, seen = runtime.peers["registry"], len(await services.events(kind))
    async with runtime.database.transaction() as session:  # as if our copies were of a history that is lost
        await session.execute(update(consumer).values(epoch="1-1"))
        await session.execute(update(replica).values(version=99))
    await follow_or_recover(runtime.database, peer, "registry", SERVICE.follows["registry"])
    told = (await services.events(kind))[seen:]
    assert [(item["data"]["resource"]["code"], item["data"]["changed"]) for item in told] == [
        ("R-1", ["zone"])
    ]
    assert told[0]["data"]["resource"]["zone"]["names"] == NEW_NAMES
    assert await differing_buckets(runtime.database, peer, "registry", "zone") == []
    await services.change_zone("HB-1", theme="绿色")
    assert await services.follow() == 1


async def test_with_the_registry_down_known_zones_work_and_others_wait(
    services: TwoServices, collection: str, own: str
) -> None:
    await _entered(services, collection, "R-1")
    services.lose_registry()
    path = f"/api/v1/{collection}"
    async with services.client(ministry()) as office:
        shown = await office.get(f"{path}/code:R-1")
        known = await office.post(path, json=record("R-2", "HB-1"))
        headers = {"if-match": shown.headers["etag"]}
        changed = await office.patch(f"{path}/code:R-1", json={"note": "x"}, headers=headers)
        unknown = [
            await office.post(path, json=record("R-3", "HN-1")),
            await office.patch(
                f"{path}/code:R-2", json={"zone": "HN-1"}, headers={"if-match": known.headers["etag"]}
            ),
            await office.post(
                f"{path}/imports?commit=true", content=csv_text([row("R-4", "HN-1")]), headers=SHEET
            ),
        ]
        listed = (await office.get(path)).json()["items"]
    assert [shown.status_code, known.status_code, changed.status_code] == [200, 201, 200]
    for answer in unknown:
        assert (answer.status_code, answer.json()["code"]) == (503, "dependency_unavailable")
        assert answer.json()["dependency"] == "registry"
        assert "retry-after" in answer.headers
    assert [(item["code"], item["zone"]["code"]) for item in listed] == [("R-1", "HB-1"), ("R-2", "HB-1")]
