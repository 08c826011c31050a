"""Two provinces: each reads and writes its own records only, on every endpoint."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from chassis.identity.principal import NOWHERE, Scope
from tests.projects.builders import COLLECTIONS, HUBEI, HUNAN, record, row
from tests.projects.conftest import SHEET, TwoServices
from tests.service_app import NOBODY, csv_text, ministry, province

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize(("collection", "own"), COLLECTIONS)]


async def _three(services: TwoServices, collection: str) -> dict[str, httpx.Response]:
    """A record of Hubei, of Hunan and of the nation."""
    async with services.client(ministry()) as office:
        bodies = [record("HB", "HB-1"), record("HN", "HN-1"), record("CN", None)]
        made = [await office.post(f"/api/v1/{collection}", json=body) for body in bodies]
    assert [answer.status_code for answer in made] == [201, 201, 201]
    return {answer.json()["code"]: answer for answer in made}


async def test_each_sees_its_own_in_lists_counts_and_the_feed(
    services: TwoServices, collection: str, own: str
) -> None:
    await _three(services, collection)
    zone_id = ""
    for caller, codes in (
        (province(HUBEI), ["HB"]),
        (province(HUNAN), ["HN"]),
        (ministry(), ["CN", "HB", "HN"]),
    ):
        async with services.client(caller) as client:
            listed = (await client.get(f"/api/v1/{collection}?count=exact")).json()
        assert [item["code"] for item in listed["items"]] == codes
        assert listed["page"]["total"] == len(codes)
        events = await services.events(collection.removesuffix("s"), caller)
        assert sorted(event["data"]["resource"]["code"] for event in events) == codes
        zone_id = listed["items"][-1]["zone"]["id"]
    officer = province(HUBEI, view=Scope(zones=frozenset({zone_id})), write=NOWHERE)
    async with services.client(officer) as client:
        listed = (await client.get(f"/api/v1/{collection}")).json()
    assert [item["code"] for item in listed["items"]] == ["HN"]


@pytest.mark.parametrize("code", ["HN", "CN"])
async def test_what_a_province_cannot_see_is_not_found(
    services: TwoServices, collection: str, own: str, code: str
) -> None:
    made = await _three(services, collection)
    headers = {"if-match": made[code].headers["etag"]}
    async with services.client(province(HUBEI)) as hubei:
        for ref in (f"code:{code}", made[code].json()["id"]):
            path = f"/api/v1/{collection}/{ref}"
            answers = [
                await hubei.get(path),
                await hubei.patch(path, json={"note": "x"}, headers=headers),
                await hubei.delete(path, headers=headers),
            ]
            assert [answer.status_code for answer in answers] == [404, 404, 404]


async def test_a_province_writes_its_own(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(province(HUBEI)) as hubei:
        made = await hubei.post(f"/api/v1/{collection}", json=record("HB", "HB-1"))
        path = f"/api/v1/{collection}/code:HB"
        moved = await hubei.patch(path, json={"zone": "HB-2"}, headers={"if-match": made.headers["etag"]})
        gone = await hubei.delete(path, headers={"if-match": moved.headers["etag"]})
    assert [made.status_code, moved.status_code, gone.status_code] == [201, 200, 204]


@pytest.mark.parametrize("zone", ["HN-1", None])
async def test_a_province_enters_and_moves_nothing_elsewhere(
    services: TwoServices, collection: str, own: str, zone: str | None
) -> None:
    made = await _three(services, collection)
    async with services.client(province(HUBEI)) as hubei:
        entered = await hubei.post(f"/api/v1/{collection}", json=record("X", zone))
        path = f"/api/v1/{collection}/code:HB"
        moved = await hubei.patch(path, json={"zone": zone}, headers={"if-match": made["HB"].headers["etag"]})
        kept = await hubei.get(path)
    for answer in (entered, moved):
        assert (answer.status_code, answer.json()["reason"]) == (403, "outside_write_scope")
    assert kept.json() == made["HB"].json()


async def test_seeing_is_not_writing(services: TwoServices, collection: str, own: str) -> None:
    made = await _three(services, collection)
    observer = ministry(write=Scope(divisions=frozenset({HUNAN})))
    async with services.client(observer) as client:
        answers = []
        for code in ("HB", "CN"):
            path, headers = f"/api/v1/{collection}/code:{code}", {"if-match": made[code].headers["etag"]}
            # a record must not be taken over by moving it to a place where the caller may write
            answers += [
                await client.patch(path, json={"note": "x"}, headers=headers),
                await client.patch(path, json={"zone": "HN-1"}, headers=headers),
                await client.delete(path, headers=headers),
            ]
        own_record = await client.patch(
            f"/api/v1/{collection}/code:HN",
            json={"note": "x"},
            headers={"if-match": made["HN"].headers["etag"]},
        )
    assert [answer.status_code for answer in answers] == [403] * 6
    assert own_record.status_code == 200


async def test_a_sheet_of_a_province_touches_its_own_only(
    services: TwoServices, collection: str, own: str
) -> None:
    await _three(services, collection)
    path = f"/api/v1/{collection}/imports?commit=true"
    cases: list[tuple[dict[str, Any], str]] = [
        (row("X", "HN-1"), "zone"),
        (row("X", ""), "zone"),
        (row("HN", "HB-1"), "code"),
        (row("CN", "HB-1"), "code"),
    ]
    async with services.client(province(HUBEI)) as hubei:
        taken = await hubei.post(path, content=csv_text([row("HB", "HB-2")]), headers=SHEET)
        assert (taken.status_code, taken.json()["counts"]["updated"]) == (200, 1)
        for given, column in cases:
            refused = await hubei.post(path, content=csv_text([given]), headers=SHEET)
            assert refused.status_code == 422
            fault = refused.json()["report"]["rows"][0]["issues"][0]
            assert (fault["code"], fault["name"]) == ("outside_write_scope", column)


async def test_every_endpoint_asks_for_its_permission(
    services: TwoServices, collection: str, own: str
) -> None:
    path = f"/api/v1/{collection}"
    reader = ministry(permissions=frozenset({f"{collection.removesuffix('s')}.read"}))
    reads = [("GET", path), ("GET", f"{path}/code:HB")]
    writes = [
        ("POST", path),
        ("PATCH", f"{path}/code:HB"),
        ("DELETE", f"{path}/code:HB"),
        ("POST", f"{path}/imports"),
    ]
    async with services.client(NOBODY) as nobody, services.client(reader) as client:
        refused = [(await nobody.request(method, url)).status_code for method, url in reads + writes]
        read_only = [(await client.request(method, url)).status_code for method, url in reads + writes]
        async with services.projects.client() as anonymous:
            unknown = [(await anonymous.request(method, url)).status_code for method, url in reads + writes]
    assert refused == [403] * 6
    assert unknown == [401] * 6
    assert read_only == [200, 404, 403, 403, 403, 403]
