"""Single observations: lists, corrections, scope."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.evaluation.builders import HUBEI, HUNAN
from tests.evaluation.conftest import TwoServices
from tests.service_app import ministry, province

pytestmark = pytest.mark.anyio


async def _one(services: TwoServices, zone: str, indicator: str = "GREEN") -> dict[str, Any]:
    async with services.client() as office:
        path = f"/api/v1/observations?zone={zone}&indicator={indicator}"
        (item,) = (await office.get(path)).json()["items"]
    found: dict[str, Any] = item
    return found


async def test_lists_are_filtered(observed: TwoServices) -> None:
    queries = {
        "within=420000": 4,
        "within=420102": 2,
        "zone=HN-1": 2,
        "zone=code:HN-1&indicator=code:GREEN": 1,
        "status=not_available": 1,
        "status[in]=estimated,not_available": 2,
        "period=2024": 6,
        "period[prefix]=2023": 0,
        "indicator=NOTHING": 0,
    }
    async with observed.client() as office:
        found = {
            query: len((await office.get(f"/api/v1/observations?{query}")).json()["items"])
            for query in queries
        }
        wrong = await office.get("/api/v1/observations?status=zero")
    assert found == queries
    assert wrong.status_code == 400


async def test_pages_follow_each_other_without_gap(observed: TwoServices) -> None:
    async with observed.client() as office:
        whole = (await office.get("/api/v1/observations")).json()["items"]
        pieces: list[Any] = []
        path = "/api/v1/observations?limit=4"
        while path:
            answer = await office.get(path)
            pieces += answer.json()["items"]
            path = answer.links["next"]["url"] if "next" in answer.links else ""
    assert pieces == whole


async def test_a_correction_needs_the_current_etag(observed: TwoServices) -> None:
    path = f"/api/v1/observations/{(await _one(observed, 'HB-1'))['id']}"
    async with observed.client() as office:
        etag = {"if-match": (await office.get(path)).headers["etag"]}
        first = await office.patch(path, json={"value": "88.8", "note": "corrected"}, headers=etag)
        late = await office.patch(path, json={"value": "77.7"}, headers=etag)
        blind = await office.patch(path, json={"value": "77.7"})
        same = await office.patch(path, json={"value": "88.80"}, headers={"if-match": first.headers["etag"]})
        shown = await office.get(path)
    assert (first.status_code, first.json()["value"], first.json()["version"]) == (200, "88.8", 2)
    assert (late.status_code, late.json()["changed_fields"]) == (412, ["note", "value"])
    assert blind.status_code == 428
    assert (same.json()["version"], shown.json()["value"]) == (2, "88.8")
    (event,) = await observed.events("observation")
    assert (event["type"], event["data"]["resource"]) == ("sdz.observation.updated.v1", shown.json())


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"value": "101"}, "out_of_range", "#/value"),
        ({"value": None}, "value_missing", "#/value"),
        ({"status": "confidential"}, "value_not_allowed", "#/value"),
        ({"source": "S-404"}, "unknown_source", "#/source"),
        ({"status": None}, "required", "#/status"),
        ({"zone": "HB-2"}, "unknown_member", "#/zone"),
    ],
)
async def test_a_correction_keeps_the_rules(
    observed: TwoServices, body: dict[str, Any], code: str, pointer: str
) -> None:
    path = f"/api/v1/observations/{(await _one(observed, 'HB-1'))['id']}"
    async with observed.client() as office:
        etag = {"if-match": (await office.get(path)).headers["etag"]}
        answer = await office.patch(path, json=body, headers=etag)
    assert answer.status_code == 422
    assert [(error["code"], error["pointer"]) for error in answer.json()["errors"]] == [(code, pointer)]


async def test_a_value_can_be_withdrawn(observed: TwoServices) -> None:
    path = f"/api/v1/observations/{(await _one(observed, 'HB-1'))['id']}"
    async with observed.client() as office:
        etag = {"if-match": (await office.get(path)).headers["etag"]}
        body = {"status": "confidential", "value": None}
        answer = await office.patch(path, json=body, headers=etag)
    assert (answer.status_code, answer.json()["value"]) == (200, None)


async def test_a_province_sees_and_corrects_its_own_only(observed: TwoServices) -> None:
    own, other = await _one(observed, "HB-1"), await _one(observed, "HN-1")
    async with observed.client(province(HUBEI)) as local:
        listed = (await local.get("/api/v1/observations?count=exact")).json()
        asked = (await local.get("/api/v1/observations?zone=HN-1")).json()["items"]
        etag = {"if-match": (await local.get(f"/api/v1/observations/{own['id']}")).headers["etag"]}
        mine = await local.patch(f"/api/v1/observations/{own['id']}", json={"note": "x"}, headers=etag)
        hidden = [
            await local.get(f"/api/v1/observations/{other['id']}"),
            await local.patch(f"/api/v1/observations/{other['id']}", json={"note": "x"}, headers=etag),
            await local.get("/api/v1/observations/code:HB-1"),
        ]
    assert {item["zone"]["code"] for item in listed["items"]} == {"HB-1", "HB-2"}
    assert (listed["page"]["total"], asked, mine.status_code) == (4, [], 200)
    assert [answer.status_code for answer in hidden] == [404] * 3
    watching = province(HUBEI, view=ministry().view)
    async with observed.client(watching) as reader:
        path = f"/api/v1/observations/{other['id']}"
        seen = await reader.get(path)
        refused = await reader.patch(path, json={"note": "x"}, headers={"if-match": seen.headers["etag"]})
    assert (seen.status_code, refused.status_code) == (200, 403)


async def test_a_zone_that_moves_takes_its_observations_along(observed: TwoServices) -> None:
    await observed.change_zone("HB-1", division={"code": "430181", "edition": "201904"})
    counts = []
    for code in (HUBEI, HUNAN):
        async with observed.client(province(code)) as local:
            counts.append(len((await local.get("/api/v1/observations")).json()["items"]))
    assert counts == [2, 4]


async def test_of_two_corrections_at_once_one_is_refused(observed: TwoServices) -> None:
    path = f"/api/v1/observations/{(await _one(observed, 'HB-1'))['id']}"
    async with observed.client() as office:
        for turn in range(5):
            etag = {"if-match": (await office.get(path)).headers["etag"]}
            answers = await asyncio.gather(
                *(office.patch(path, json={"value": f"{turn}.{n}1"}, headers=etag) for n in range(3))
            )
            assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
        shown = (await office.get(path)).json()
    assert shown["version"] == 6
