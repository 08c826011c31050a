"""Vocabularies over the API of a service."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.registry.builders import zone, zone_row
from tests.service_app import RunningService, csv_text, ministry

pytestmark = pytest.mark.anyio
PROGRAMME = "/api/v1/vocabularies/zones.programme"
BODY = {"labels": {"zh-Hans": "试点", "en": "Pilot"}}

ONE_LANGUAGE = {"labels": {"zh-Hans": "试点"}}
EMPTY = {"labels": {"zh-Hans": "", "en": "x"}}


async def put(client: httpx.AsyncClient, code: str, body: Any, etag: str) -> httpx.Response:
    return await client.put(f"{PROGRAMME}/terms/{code}", json=body, headers={"if-match": etag})


async def test_labels_in_both_languages_and_the_callers_own(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        chinese = (await client.get("/api/v1/vocabularies/zones.tier")).json()
        english = (
            await client.get("/api/v1/vocabularies/zones.tier", headers={"accept-language": "en"})
        ).json()
    assert (chinese["title"], english["title"]) == ("级别", "Tier")
    assert chinese["terms"][0] == {
        "code": "national",
        "label": "国家级",
        "labels": {"zh-Hans": "国家级", "en": "National"},
        "retired": False,
    }
    assert (chinese["version"], chinese["extensible"]) == (1, False)


async def test_the_list_has_every_vocabulary_as_it_is_read_alone(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        etag = (await client.get(PROGRAMME)).headers["etag"]
        assert (await put(client, "pilot", BODY, etag)).status_code == 200
        items = (await client.get("/api/v1/vocabularies")).json()["items"]
        alone = [(await client.get(f"/api/v1/vocabularies/{item['name']}")).json() for item in items]
    assert items == alone
    assert "zones.programme" in {item["name"] for item in items}


async def test_an_administrator_adds_renames_and_retires_a_term(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        first = await client.get(PROGRAMME)
        added = await put(client, "pilot", BODY, first.headers["etag"])
        again = await put(client, "pilot", BODY, added.headers["etag"])
        renamed = await put(
            client, "sdz", {"labels": {"zh-Hans": "实验区", "en": "Zone"}}, added.headers["etag"]
        )
        retired = await client.delete(
            f"{PROGRAMME}/terms/pilot", headers={"if-match": renamed.headers["etag"]}
        )
        unchanged = await client.get(PROGRAMME, headers={"if-none-match": retired.headers["etag"]})
        earlier = [(await client.get(f"{PROGRAMME}?version={number}")).json() for number in (1, 2, 3, 4)]
        never = await client.get(f"{PROGRAMME}?version=5")
    assert [answer.json()["version"] for answer in (first, added, again, renamed, retired)] == [1, 2, 2, 3, 4]
    assert unchanged.status_code == 304
    assert earlier == [first.json(), added.json(), renamed.json(), retired.json()]
    assert never.status_code == 404
    pilot = retired.json()["terms"][-1]
    assert (pilot["code"], pilot["retired"], pilot["label"]) == ("pilot", True, "试点")


async def test_each_edition_is_told_to_the_feed_once(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        added = await put(client, "pilot", BODY, (await client.get(PROGRAMME)).headers["etag"])
        await put(client, "pilot", BODY, added.headers["etag"])
        await probe.number_events()
        events = (await client.get("/api/v1/changes?types=vocabulary")).json()["items"]
    assert [(event["data"]["version"], event["type"]) for event in events] == [
        (2, "sdz.vocabulary.updated.v1")
    ]
    assert events[0]["data"]["resource"] == added.json()


@pytest.mark.parametrize(
    ("name", "code", "body", "headers", "status", "problem"),
    [
        ("zones.programme", "pilot", BODY, {}, 428, "precondition_required"),
        ("zones.programme", "pilot", BODY, {"if-match": '"7.x"'}, 412, "precondition_failed"),
        ("zones.tier", "pilot", BODY, {"if-match": '"1.x"'}, 409, "conflict"),
        ("zones.colour", "pilot", BODY, {"if-match": '"1.x"'}, 404, "not_found"),
        ("zones.programme", "pilot", ONE_LANGUAGE, {"if-match": '"1.x"'}, 422, "validation_failed"),
        ("zones.programme", "pilot", EMPTY, {"if-match": '"1.x"'}, 422, "validation_failed"),
        ("zones.programme", "%00", BODY, {"if-match": '"1.x"'}, 400, "invalid_parameter"),
        ("zones.programme", "a%20b", BODY, {"if-match": '"1.x"'}, 400, "invalid_parameter"),
    ],
)  # fmt: skip
async def test_what_is_refused(
    probe: RunningService, name: str, code: str, body: Any, headers: dict[str, str], status: int, problem: str
) -> None:
    async with probe.client(ministry()) as client:
        answer = await client.put(f"/api/v1/vocabularies/{name}/terms/{code}", json=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, problem)
        assert (await client.get(PROGRAMME)).json()["version"] == 1


async def test_a_term_that_is_not_there_cannot_be_retired(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        answer = await client.delete(f"{PROGRAMME}/terms/none", headers={"if-match": '"1.x"'})
    assert answer.status_code == 404


async def test_only_current_terms_may_be_chosen_and_what_is_stored_stays(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        refused = await client.post("/api/v1/zones", json=zone(programme="pilot"))
        added = await put(client, "pilot", BODY, (await client.get(PROGRAMME)).headers["etag"])
        made = await client.post("/api/v1/zones", json=zone(programme="pilot"))
        await client.delete(f"{PROGRAMME}/terms/pilot", headers={"if-match": added.headers["etag"]})
        kept = await client.patch(
            "/api/v1/zones/code:Z-1",
            json={"programme": "pilot", "note": "x"},
            headers={"if-match": made.headers["etag"], "content-type": "application/merge-patch+json"},
        )
        late = await client.post("/api/v1/zones", json=zone("Z-2", programme="pilot"))
    assert made.status_code == 201
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_term")
    assert refused.json()["errors"][0]["pointer"] == "#/programme"
    assert kept.status_code == 200, kept.text
    assert (late.status_code, late.json()["errors"][0]["code"]) == (422, "retired_term")


async def test_a_sheet_names_the_row_with_an_unknown_term(probe: RunningService) -> None:
    rows = [zone_row("Z-1", programme="sdz"), zone_row("Z-2", programme="sbz")]
    async with probe.client(ministry()) as client:
        answer = await client.post(
            "/api/v1/zones/imports", content=csv_text(rows), headers={"content-type": "text/csv"}
        )
    faults = [
        (row["row"], row["issues"][0]["code"], row["issues"][0]["name"]) for row in answer.json()["rows"]
    ]
    assert faults == [(3, "unknown_term", "programme")]
    assert answer.json()["rows"][0]["issues"][0]["params"]["nearest"] == "sdz"
