"""Projects and achievements from sheets."""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.projects.achievements.models import Achievement
from services.projects.projects.models import Project
from tests.chassis.answers import problem_of
from tests.interleaving import Before, stopped
from tests.projects.builders import COLLECTIONS, HUBEI, HUNAN, record, row
from tests.projects.conftest import SHEET, TwoServices
from tests.service_app import csv_text, ministry, province
from tests.waiting import waits_for

pytestmark = pytest.mark.anyio
both = pytest.mark.parametrize(("collection", "own"), COLLECTIONS)
SAMPLES = Path(__file__).parents[2] / "sampledata"


async def _import(
    caller: httpx.AsyncClient, collection: str, rows: list[dict[str, Any]], commit: str = "true"
) -> httpx.Response:
    url = f"/api/v1/{collection}/imports?commit={commit}"
    return await caller.post(url, content=csv_text(rows), headers=SHEET)


@both
async def test_a_sheet_creates_updates_and_leaves_alone(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        first = await _import(office, collection, [row("A"), row("B", "HN-1"), row("C", "")])
        again = await _import(
            office, collection, [row("A"), row("B", "HB-2", title="新"), row("C", ""), row("D")]
        )
        shown = (await office.get(f"/api/v1/{collection}/code:B")).json()
    assert (first.status_code, first.json()["counts"]["created"]) == (200, 3)
    counts = again.json()["counts"]
    assert {name: number for name, number in counts.items() if number} == {
        "received": 4,
        "created": 1,
        "updated": 1,
        "unchanged": 2,
    }
    assert (shown["version"], shown["title"], shown["zone"]["code"]) == (2, "新", "HB-2")
    events = await services.events(collection.removesuffix("s"))
    assert len(events) == 5
    changed = next(event["data"] for event in events if event["type"].split(".")[2] == "updated")
    assert (changed["version"], changed["changed"]) == (2, ["title", "zone"])
    assert changed["resource"] == shown


@both
async def test_an_export_imported_again_changes_nothing(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office, services.client(province(HUNAN)) as hunan:
        await _import(office, collection, [row("A"), row("B", "HN-1"), row("C", "")])
        file = await office.get(f"/api/v1/{collection}/export?format=xlsx")
        kind = {"content-type": file.headers["content-type"]}
        again = await office.post(f"/api/v1/{collection}/imports", content=file.content, headers=kind)
        seen = (await hunan.get(f"/api/v1/{collection}/export?format=ndjson")).text.splitlines()
    assert (again.json()["counts"]["received"], again.json()["counts"]["unchanged"]) == (3, 3)
    assert [(line["code"], line["zone"]) for line in map(json.loads, seen)] == [("B", "HN-1")]


@both
async def test_one_bad_row_keeps_all_out_and_the_report_says_where(
    services: TwoServices, collection: str, own: str
) -> None:
    rows = [row("A"), row("B", "NO"), row("C", year="soon"), row("A"), row("D", title="")]
    async with services.client(ministry()) as office:
        answer = await _import(office, collection, rows)
        kept = (await office.get(f"/api/v1/{collection}")).json()["items"]
    assert (answer.status_code, answer.json()["code"], kept) == (422, "import_rejected", [])
    report = answer.json()["report"]
    assert (report["counts"]["received"], report["counts"]["rejected"]) == (5, 4)
    assert [
        (line["row"], line["issues"][0]["code"], line["issues"][0]["column"]) for line in report["rows"]
    ] == [
        (3, "unknown_zone", "C"),
        (4, "int_parsing", "E"),
        (5, "duplicate_key", "A"),
        (6, "required", "B"),
    ]


@both
async def test_a_preview_keeps_and_tells_nothing(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        preview = await _import(office, collection, [row("A"), row("B")], commit="false")
        kept = (await office.get(f"/api/v1/{collection}")).json()["items"]
    assert (preview.json()["mode"], preview.json()["counts"]["created"]) == ("dry_run", 2)
    assert kept == []
    assert await services.events(collection.removesuffix("s")) == []


@both
async def test_a_sheet_brings_a_deleted_record_back(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        made = await office.post(f"/api/v1/{collection}", json=record("A", "HB-1"))
        path = f"/api/v1/{collection}/code:A"
        await office.delete(path, headers={"if-match": made.headers["etag"]})
        report = (await _import(office, collection, [row("A")])).json()
        shown = (await office.get(path)).json()
    assert report["counts"]["updated"] == 1
    assert (shown["id"], shown["version"], shown["deleted_at"]) == (made.json()["id"], 3, None)


@both
async def test_a_code_that_a_rival_took_meanwhile_is_not_overwritten(
    services: TwoServices, collection: str, own: str
) -> None:
    await services.follow()
    model = {"projects": Project, "achievements": Achievement}[collection]
    async with services.client(ministry()) as office:
        async with services.projects.runtime.database.transaction() as rival:
            rival.add(model(code="A", title="对手", created_by="rival", updated_by="rival"))
            await rival.flush()
            importing = asyncio.create_task(_import(office, collection, [row("A"), row("B")]))
            assert await waits_for(rival, importing)
        answer = await importing
        items = (await office.get(f"/api/v1/{collection}")).json()["items"]
        again = await _import(office, collection, [row("A"), row("B")])
    assert (answer.status_code, answer.json()["retryable"]) == (503, True)
    assert [(item["code"], item["title"], item["version"]) for item in items] == [("A", "对手", 1)]
    counts = again.json()["counts"]
    assert (counts["created"], counts["updated"]) == (1, 1)


async def test_a_budget_keeps_its_digits_and_needs_its_currency(services: TwoServices) -> None:
    async with services.client(ministry()) as office:
        done = await _import(
            office,
            "projects",
            [row("A", budget="600000000.10", currency="CNY"), row("B", budget="", currency="")],
        )
        items = (await office.get("/api/v1/projects")).json()["items"]
        refused = await _import(office, "projects", [row("C", budget="5", currency="")])
    assert done.status_code == 200
    assert [(item["budget"], item["currency"]) for item in items] == [("600000000.10", "CNY"), (None, None)]
    fault = refused.json()["report"]["rows"][0]["issues"][0]
    assert (fault["code"], fault["name"]) == ("incomplete_amount", "currency")


@pytest.mark.parametrize("collection", ["projects", "achievements"])
async def test_the_sample_data_loads_whole(services: TwoServices, collection: str) -> None:
    text = (SAMPLES / f"{collection}.csv").read_text(encoding="utf-8")
    given = list(csv.DictReader(text.splitlines()))
    zones = sorted({line["zone"] for line in given if line["zone"]})
    bodies = [
        {"code": code, "name_zh": code, "division_code": "420102", "division_edition": "201904"}
        for code in zones
    ]
    async with services.registry.client(ministry()) as office:
        url = "/api/v1/zones/imports?commit=true"
        assert (await office.post(url, content=csv_text(bodies), headers=SHEET)).status_code == 200
    async with services.client(ministry()) as office:
        url = f"/api/v1/{collection}/imports?commit=true"
        first = await office.post(url, content=text.encode(), headers=SHEET)
        second = await office.post(url, content=text.encode(), headers=SHEET)
        items = (await office.get(f"/api/v1/{collection}?limit=500")).json()["items"]
    assert first.json()["counts"]["created"] == len(given)
    assert second.json()["counts"]["unchanged"] == len(given)
    shown = [
        item | {"zone": item["zone"] and item["zone"]["code"], "year": item["year"] and str(item["year"])}
        for item in items
    ]
    assert [{name: item[name] or "" for name in given[0]} for item in shown] == given


class _BeforeLocking(Before):
    def _on_statement(self, connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.endswith("FOR UPDATE"):
            super()._on_statement(connection, cursor, statement, *rest)


async def test_a_group_whose_base_changes_between_trial_and_write_is_not_split(services: TwoServices) -> None:
    await services.follow()
    async with services.client(ministry()) as office, services.client(province(HUBEI)) as hubei:
        held = await office.post("/api/v1/projects", json=record("R-2"))
        url = "/api/v1/projects/imports?commit=true&atomicity=per_group"
        sheet = csv_text([row("R-1"), row("R-2", title="新")])
        importing = hubei.post(url, content=sheet, headers=SHEET)
        point = _BeforeLocking(services.projects.runtime.database, "SELECT project.code")
        async with stopped(importing, point) as running:
            moved = await office.patch(
                held.headers["location"],
                json={"zone": "code:HN-1"},
                headers={"if-match": held.headers["etag"]},
            )
            assert moved.status_code == 200, moved.text
        problem_of(await running, 503, "service_unavailable")
        problem_of(await office.get("/api/v1/projects/code:R-1"), 404)
        again = await hubei.post(url, content=sheet, headers=SHEET)
        assert again.json()["counts"] | {"rejected": 1, "skipped": 1} == again.json()["counts"], again.text
