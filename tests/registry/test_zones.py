"""Zones over the API."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.registry.zones.models import Zone
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry, province
from tests.waiting import waits_for

pytestmark = pytest.mark.anyio


async def _created(office: httpx.AsyncClient, **body: Any) -> httpx.Response:
    answer = await office.post("/api/v1/zones", json=zone(**body))
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_zone_is_registered_and_found_by_id_code_and_external_id(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office, external_ids=[{"system": "most", "value": "2013-018"}])
        body = made.json()
        assert made.headers["location"] == f"/api/v1/zones/{body['id']}"
        assert body["division"] == {
            "code": "420102",
            "system": "gbt2260",
            "edition": "201904",
            "name": "江岸区",
        }
        assert body["division_path"] == ["420000", "420100", "420102"]
        for ref in (body["id"], "code:Z-1", "ext:most:2013-018"):
            assert (await office.get(f"/api/v1/zones/{ref}")).json() == body


async def test_the_name_follows_the_language_that_is_preferred(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _created(office)
        english = await office.get("/api/v1/zones/code:Z-1", headers={"accept-language": "en, zh;q=0.5"})
        assert english.json()["name"] == "Zone Z-1"
        assert (await office.get("/api/v1/zones/code:Z-1")).json()["name"] == "试验区Z-1"


async def test_a_division_must_stand_in_the_edition_that_is_named(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        good = await office.post("/api/v1/zones", json=zone(division={"code": "320982", "edition": "200812"}))
        early = await office.post(
            "/api/v1/zones", json=zone("Z-3", division={"code": "320982", "edition": "199312"})
        )
        gone = await office.post(
            "/api/v1/zones", json=zone("Z-2", division={"code": "320982", "edition": "201904"})
        )
    assert good.status_code == 201
    assert (early.status_code, gone.status_code) == (422, 422)
    assert gone.json()["errors"][0] | {"params": {}} == {
        "pointer": "#/division",
        "code": "unknown_division",
        "severity": "error",
        "detail": "该版本中没有此区划代码",
        "params": {},
    }


async def test_two_writers_cannot_overwrite_each_other_in_silence(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        etag = (await _created(office)).headers["etag"]
        first = await office.patch(
            "/api/v1/zones/code:Z-1", json={"theme": "绿色"}, headers={"if-match": etag}
        )
        second = await office.patch("/api/v1/zones/code:Z-1", json={"note": "x"}, headers={"if-match": etag})
        without = await office.patch("/api/v1/zones/code:Z-1", json={"note": "x"})
        assert (first.status_code, first.json()["version"]) == (200, 2)
        assert (second.status_code, without.status_code) == (412, 428)
        problem = second.json()
        assert problem["changed_fields"] == ["theme"]
        assert problem["current"]["theme"] == "绿色"
        merged = await office.patch(
            "/api/v1/zones/code:Z-1", json={"note": "x"}, headers={"if-match": problem["current_etag"]}
        )
        assert (merged.status_code, merged.json()["theme"], merged.json()["version"]) == (200, "绿色", 3)


async def test_of_two_writers_at_once_the_second_waits_and_is_told(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        etag = (await _created(office)).headers["etag"]
        async with registry.runtime.database.transaction() as rival:
            await rival.execute(update(Zone).values(version=2, note="对手"))
            patch = office.patch("/api/v1/zones/code:Z-1", json={"theme": "绿色"}, headers={"if-match": etag})
            second = asyncio.create_task(patch)
            assert await waits_for(rival, second)
        answer = await second
        shown = (await office.get("/api/v1/zones/code:Z-1")).json()
    assert (answer.status_code, answer.json()["current"]) == (412, shown)
    assert (shown["version"], shown["note"], shown["theme"]) == (2, "对手", None)


async def test_an_unchanged_write_raises_nothing_and_emits_nothing(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office)
        again = await office.patch(
            "/api/v1/zones/code:Z-1", json={"tier": "national"}, headers={"if-match": made.headers["etag"]}
        )
        await registry.number_events()
        feed = (await office.get("/api/v1/changes?types=zone")).json()
    assert (again.status_code, again.json()["version"], again.headers["etag"]) == (
        200,
        1,
        made.headers["etag"],
    )
    assert [event["type"] for event in feed["items"]] == ["sdz.zone.created.v1"]


async def test_a_merge_patch_empties_with_null_and_keeps_what_it_does_not_name(
    registry: RunningService,
) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office, theme="绿色", point={"longitude": "114.3", "latitude": "30.60"})
        patched = await office.patch(
            "/api/v1/zones/code:Z-1", json={"theme": None}, headers={"if-match": made.headers["etag"]}
        )
    assert patched.json()["theme"] is None
    assert patched.json()["point"] == {"longitude": "114.3", "latitude": "30.60"}


async def test_state_is_output_only(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office)
        patched = await office.patch(
            "/api/v1/zones/code:Z-1", json={"state": "exited"}, headers={"if-match": made.headers["etag"]}
        )
    assert patched.status_code == 422
    assert patched.json()["errors"][0]["pointer"] == "#/state"


async def test_a_code_and_an_external_id_name_one_zone_only(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _created(office, external_ids=[{"system": "most", "value": "1"}])
        same_code = await office.post("/api/v1/zones", json=zone())
        same_external = await office.post(
            "/api/v1/zones", json=zone("Z-2", external_ids=[{"system": "most", "value": "1"}])
        )
    assert (same_code.status_code, same_code.json()["errors"][0]["code"]) == (409, "code_taken")
    assert (same_external.status_code, same_external.json()["errors"][0]["code"]) == (
        409,
        "external_id_taken",
    )


async def test_a_deleted_zone_is_gone_for_readers_and_told_in_the_feed(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office)
        path = f"/api/v1/zones/{made.json()['id']}"
        assert (await office.delete(path)).status_code == 428
        assert (await office.delete(path, headers={"if-match": made.headers["etag"]})).status_code == 204
        assert (await office.get(path)).status_code == 404
        await registry.number_events()
        last = (await office.get("/api/v1/changes?types=zone")).json()["items"][-1]
    assert (last["type"], last["data"]["deleted"], last["data"]["version"]) == (
        "sdz.zone.deleted.v1",
        True,
        2,
    )


async def test_a_province_sees_and_writes_its_own_subtree_only(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        hubei = await _created(office, code="HB", division_code="420102")
        hunan = await _created(office, code="HN", division_code="430181")
    async with registry.client(province("420000")) as wuhan:
        listed = (await wuhan.get("/api/v1/zones")).json()["items"]
        mapped = (await wuhan.get("/api/v1/zones/geojson")).json()["features"]
        assert [item["code"] for item in listed] == ["HB"]
        assert [item["properties"]["code"] for item in mapped] == ["HB"]
        foreign = f"/api/v1/zones/{hunan.json()['id']}"
        match = {"if-match": hunan.headers["etag"]}
        assert (await wuhan.get(foreign)).status_code == 404
        assert (await wuhan.patch(foreign, json={"note": "x"}, headers=match)).status_code == 404
        assert (await wuhan.delete(foreign, headers=match)).status_code == 404
        assert (await wuhan.post("/api/v1/zones", json=zone("X", "430181"))).status_code == 403
        moved = await wuhan.patch(
            f"/api/v1/zones/{hubei.json()['id']}",
            json={"division": {"code": "430181", "edition": "201904"}},
            headers={"if-match": hubei.headers["etag"]},
        )
        assert moved.status_code == 403
        await registry.number_events()
        events = (await wuhan.get("/api/v1/changes?types=zone")).json()["items"]
        assert [event["data"]["resource"]["code"] for event in events] == ["HB"]


async def test_the_last_page_ends_and_pages_neither_repeat_nor_leave_out(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for number in range(7):
            await _created(office, code=f"Z-{number}")
        seen, url = [], "/api/v1/zones?limit=3&count=exact&sort=-code"
        while url:
            answer = await office.get(url)
            page = answer.json()["page"]
            assert page["total"] == 7
            assert page["has_more"] == (page["next_cursor"] is not None) == ("link" in answer.headers)
            seen += [item["code"] for item in answer.json()["items"]]
            url = answer.links["next"]["url"] if answer.links else ""
    assert seen == [f"Z-{number}" for number in range(6, -1, -1)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("within=420000", ["A", "B"]),
        ("within=420102", ["A"]),
        ("tier=national", ["A", "C"]),
        ("tier[ne]=national", ["B"]),
        ("tier[in]=national,provincial", ["A", "B", "C"]),
        ("kind[isnull]=true", ["B"]),
        ("code[prefix]=A", ["A"]),
        ("name[contains]=区C", ["C"]),
        ("approved_year[gte]=2013", ["C"]),
        ("bbox=114,30,115,31", ["A", "B"]),
        ("external_id=most:7", ["C"]),
    ],
)
async def test_filters(registry: RunningService, query: str, codes: list[str]) -> None:
    async with registry.client(ministry()) as office:
        await _created(office, code="A", point={"longitude": "114.3", "latitude": "30.6"})
        await _created(office, code="B", division_code="420100", tier="provincial", kind=None)
        await _created(
            office,
            code="C",
            division_code="430181",
            approved_year=2014,
            point={"longitude": "113.6", "latitude": "28.1"},
            external_ids=[{"system": "most", "value": "7"}],
        )
        answer = await office.get(f"/api/v1/zones?{query}")
        assert [item["code"] for item in answer.json()["items"]] == codes


@pytest.mark.parametrize(
    ("query", "code", "parameter"),
    [
        ("teir=national", "unknown_parameter", "teir"),
        ("tier=local", "invalid_parameter", "tier"),
        ("tier[lt]=national", "unknown_parameter", "tier[lt]"),
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=ten", "invalid_parameter", "limit"),
        ("sort=colour", "invalid_parameter", "sort"),
        ("bbox=1,2,3", "invalid_parameter", "bbox"),
        ("approved_year[gt]=99999999999999999999", "invalid_parameter", "approved_year[gt]"),
        ("name=%00", "invalid_parameter", "name"),
        ("tier=national&tier=provincial", "invalid_parameter", "tier"),
    ],
)
async def test_a_bad_parameter_is_told_by_name(
    registry: RunningService, query: str, code: str, parameter: str
) -> None:
    async with registry.client(ministry()) as office:
        answer = await office.get(f"/api/v1/zones?{query}")
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["errors"][0]["parameter"]) == (code, parameter)


async def test_the_nearest_known_parameter_is_named(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        problem = (await office.get("/api/v1/zones?teir=national")).json()
    assert problem["errors"][0]["params"] == {"nearest": "tier"}


async def test_a_cursor_is_bound_to_its_query_and_cannot_be_altered(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for number in range(3):
            await _created(office, code=f"Z-{number}")
        cursor = (await office.get("/api/v1/zones?limit=1")).json()["page"]["next_cursor"]
        other = await office.get(f"/api/v1/zones?limit=1&tier=national&cursor={cursor}")
        altered = await office.get(
            f"/api/v1/zones?limit=1&cursor={'A' if cursor[0] != 'A' else 'B'}{cursor[1:]}"
        )
        rubbish = await office.get("/api/v1/zones?cursor=%F0%9F%98%80")
    assert [a.json()["code"] for a in (other, altered, rubbish)] == ["cursor_mismatch"] * 3


async def test_a_validator_that_still_holds_answers_304(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await _created(office)
        same = await office.get("/api/v1/zones/code:Z-1", headers={"if-none-match": made.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
