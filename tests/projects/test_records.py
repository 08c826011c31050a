"""Projects and achievements, one at a time: what holds for both."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from services.projects.achievements.models import Achievement
from services.projects.projects.models import Project
from tests.projects.builders import COLLECTIONS, record
from tests.projects.conftest import TwoServices
from tests.service_app import ministry
from tests.waiting import waits_for

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize(("collection", "own"), COLLECTIONS)]


async def _made(office: httpx.AsyncClient, collection: str, **body: Any) -> httpx.Response:
    answer = await office.post(f"/api/v1/{collection}", json=record(**body))
    assert answer.status_code == 201, answer.text
    return answer


async def test_a_record_is_entered_with_a_zone_that_only_the_registry_knows_yet(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        made = await _made(office, collection, **{own: "国家重点研发计划"})
        body = made.json()
        by_code = await office.get(f"/api/v1/{collection}/code:R-1")
        by_id = await office.get(made.headers["location"])
    assert by_code.json() == by_id.json() == body
    assert by_code.headers["etag"] == made.headers["etag"]
    assert (body["version"], body[own], body["year"]) == (1, "国家重点研发计划", 2018)
    assert body["zone"] | {"id": ""} == {
        "id": "",
        "code": "HB-1",
        "name": "试验区HB-1",
        "names": {"zh-Hans": "试验区HB-1", "en": "Zone HB-1"},
    }
    assert body["division_path"] == ["420000", "420100", "420102"]


@pytest.mark.parametrize("name", ["HB-1", "code:HB-1", "id"])
async def test_a_zone_is_named_by_code_reference_or_id(
    services: TwoServices, collection: str, own: str, name: str
) -> None:
    async with services.client(ministry()) as office:
        if name == "id":
            name = (await _made(office, collection, code="R-0")).json()["zone"]["id"]
        made = await _made(office, collection, zone=name)
    assert made.json()["zone"]["code"] == "HB-1"


async def test_the_zone_s_name_follows_the_language(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        await _made(office, collection)
        answer = await office.get(f"/api/v1/{collection}", headers={"accept-language": "en"})
    assert answer.json()["items"][0]["zone"]["name"] == "Zone HB-1"


async def test_an_unknown_zone_is_422_and_names_its_place(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        made = await office.post(f"/api/v1/{collection}", json=record(zone="code:NO"))
        etag = (await _made(office, collection)).headers["etag"]
        path = f"/api/v1/{collection}/code:R-1"
        moved = await office.patch(path, json={"zone": "NO"}, headers={"if-match": etag})
    for answer in (made, moved):
        assert answer.status_code == 422
        fault = answer.json()["errors"][0]
        assert (fault["code"], fault["pointer"]) == ("unknown_zone", "#/zone")


async def test_a_bad_member_is_422_in_an_entry_and_in_a_patch(
    services: TwoServices, collection: str, own: str
) -> None:
    faults: list[tuple[dict[str, Any], str, str]] = [
        ({"code": None}, "#/code", "string_type"),
        ({"title": ""}, "#/title", "empty"),
        ({"year": 1492}, "#/year", "greater_than_equal"),
        ({"state": "done"}, "#/state", "unknown_member"),
        ({"note": "a\u0000b"}, "#/note", "control_character"),
    ]
    async with services.client(ministry()) as office:
        etag = (await _made(office, collection)).headers["etag"]
        path = f"/api/v1/{collection}"
        for change, pointer, code in faults:
            entered = await office.post(path, json=record("R-2") | change)
            patched = await office.patch(f"{path}/code:R-1", json=change, headers={"if-match": etag})
            for answer in (entered, patched):
                assert answer.status_code == 422
                fault = answer.json()["errors"][0]
                assert (fault["pointer"], fault["code"]) == (pointer, code)


async def test_a_taken_code_is_409(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        await _made(office, collection)
        again = await office.post(f"/api/v1/{collection}", json=record())
    assert (again.status_code, again.json()["errors"][0]["code"]) == (409, "code_taken")


async def test_a_merge_patch_changes_what_it_names_and_tells_it(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        etag = (await _made(office, collection, note="旧")).headers["etag"]
        path = f"/api/v1/{collection}/code:R-1"
        body = {own: "新", "note": None, "zone": "HN-1"}
        merge = {"if-match": etag, "content-type": "application/merge-patch+json"}
        answer = await office.patch(path, json=body, headers=merge)
        shown = await office.get(path)
    assert answer.status_code == 200
    assert answer.json() == shown.json()
    assert answer.headers["etag"] == shown.headers["etag"]
    patched = answer.json()
    assert (patched["version"], patched[own], patched["note"]) == (2, "新", None)
    assert (patched["zone"]["code"], patched["field"]) == ("HN-1", "生态")
    events = await services.events(collection.removesuffix("s"))
    assert [event["type"].split(".")[2] for event in events] == ["created", "updated"]
    told = events[-1]["data"]
    assert told["changed"] == sorted([own, "note", "zone"])
    assert told["resource"] == patched


async def test_a_patch_that_changes_nothing_raises_and_tells_nothing(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        made = await _made(office, collection)
        path = f"/api/v1/{collection}/code:R-1"
        same = {"year": 2018, "zone": "HB-1"}
        answer = await office.patch(path, json=same, headers={"if-match": made.headers["etag"]})
    assert (answer.status_code, answer.headers["etag"]) == (200, made.headers["etag"])
    assert len(await services.events(collection.removesuffix("s"))) == 1


async def test_a_stale_writer_gets_what_it_needs_to_merge(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        etag = (await _made(office, collection)).headers["etag"]
        path = f"/api/v1/{collection}/code:R-1"
        await office.patch(path, json={own: "一", "zone": "HB-2"}, headers={"if-match": etag})
        stale = await office.patch(path, json={"note": "二"}, headers={"if-match": etag})
        problem = stale.json()
        current = await office.get(path)
        merged = await office.patch(path, json={"note": "二"}, headers={"if-match": problem["current_etag"]})
    assert stale.status_code == 412
    assert problem["current"] == current.json()
    assert problem["current_etag"] == current.headers["etag"]
    assert problem["changed_fields"] == sorted([own, "zone"])
    assert (merged.status_code, merged.json()[own], merged.json()["version"]) == (200, "一", 3)


async def test_a_change_without_if_match_is_428(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        await _made(office, collection)
        path = f"/api/v1/{collection}/code:R-1"
        answers = [await office.patch(path, json={"note": "x"}), await office.delete(path)]
    assert [answer.status_code for answer in answers] == [428, 428]


async def test_of_two_writers_at_once_the_second_waits_and_is_told(
    services: TwoServices, collection: str, own: str
) -> None:
    model = {"projects": Project, "achievements": Achievement}[collection]
    async with services.client(ministry()) as office:
        etag = (await _made(office, collection)).headers["etag"]
        path = f"/api/v1/{collection}/code:R-1"
        async with services.projects.runtime.database.transaction() as rival:
            await rival.execute(update(model).values(version=2, note="对手"))
            patch = office.patch(path, json={own: "新"}, headers={"if-match": etag})
            second = asyncio.create_task(patch)
            assert await waits_for(rival, second)
        answer = await second
        shown = (await office.get(path)).json()
    assert (answer.status_code, answer.json()["current"]) == (412, shown)
    assert (shown["version"], shown["note"], shown[own]) == (2, "对手", None)


async def test_a_deleted_record_is_gone_and_told(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        etag = (await _made(office, collection)).headers["etag"]
        path = f"/api/v1/{collection}/code:R-1"
        deleted = await office.delete(path, headers={"if-match": etag})
        after = [await office.get(path), await office.delete(path, headers={"if-match": etag})]
        listed = (await office.get(f"/api/v1/{collection}?count=exact")).json()
    assert deleted.status_code == 204
    assert [answer.status_code for answer in after] == [404, 404]
    assert (listed["items"], listed["page"]["total"]) == ([], 0)
    last = (await services.events(collection.removesuffix("s")))[-1]
    assert (last["type"].split(".")[2], last["data"]["deleted"], last["data"]["version"]) == (
        "deleted",
        True,
        2,
    )


async def test_the_same_idempotency_key_twice_at_once_has_one_effect(
    services: TwoServices, collection: str, own: str
) -> None:
    key = {"idempotency-key": "entry-1"}
    async with services.client(ministry()) as office:
        both = await asyncio.gather(
            *(office.post(f"/api/v1/{collection}", json=record(), headers=key) for _ in range(2))
        )
        replayed = await office.post(f"/api/v1/{collection}", json=record(), headers=key)
        other = await office.post(f"/api/v1/{collection}", json=record("R-2"), headers=key)
        listed = (await office.get(f"/api/v1/{collection}?count=exact")).json()
    # the second either met the first at work or came when it was done
    assert {answer.status_code for answer in both} <= {201, 409}
    assert (replayed.status_code, replayed.headers["idempotent-replayed"]) == (201, "true")
    assert other.status_code == 422
    assert listed["page"]["total"] == 1
    assert len(await services.events(collection.removesuffix("s"))) == 1
