"""Zones from sheets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.registry.builders import zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio


async def _import(
    caller: httpx.AsyncClient, rows: list[dict[str, Any]], *, commit: bool = True
) -> httpx.Response:
    return await caller.post(
        f"/api/v1/zones/imports?commit={str(commit).lower()}",
        content=csv_text(rows),
        headers={"content-type": "text/csv"},
    )


async def test_the_same_file_again_is_unchanged_and_emits_nothing(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B", state="exited", exit_reason="division_change")]
    async with registry.client(ministry()) as office:
        first, second = await _import(office, rows), await _import(office, rows)
        await registry.number_events()
        events = (await office.get("/api/v1/changes?types=zone")).json()["items"]
        shown = (await office.get("/api/v1/zones/code:B")).json()
    assert first.json()["counts"]["created"] == 2
    assert second.json()["counts"]["unchanged"] == 2
    assert len(events) == 2
    assert (shown["state"], shown["exit_reason"], shown["version"]) == ("exited", "division_change", 1)


async def test_an_update_raises_the_version_by_one_and_names_what_changed(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _import(office, [zone_row("A"), zone_row("B")])
        report = (await _import(office, [zone_row("A", name_zh="新名"), zone_row("B")])).json()
        await registry.number_events()
        last = (await office.get("/api/v1/changes?types=zone")).json()["items"][-1]["data"]
    assert (report["counts"]["updated"], report["counts"]["unchanged"]) == (1, 1)
    assert (last["version"], last["changed"], last["resource"]["name"]) == (2, ["names"], "新名")


async def test_one_bad_row_keeps_all_out_and_says_where(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B", division_code="999999"), zone_row("C", tier="local"), zone_row("A")]
    async with registry.client(ministry()) as office:
        answer = await _import(office, rows)
        kept = (await office.get("/api/v1/zones")).json()["items"]
    report = answer.json()["report"]
    assert (answer.status_code, answer.json()["code"], kept) == (422, "import_rejected", [])
    assert {row["row"]: (row["issues"][0]["code"], row["issues"][0]["column"]) for row in report["rows"]} == {
        3: ("unknown_division", "E"),
        4: ("not_allowed", "C"),
        5: ("duplicate_key", "A"),
    }


async def test_a_preview_says_what_a_commit_does_and_keeps_nothing(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B")]
    async with registry.client(ministry()) as office:
        preview = (await _import(office, rows, commit=False)).json()
        kept = (await office.get("/api/v1/zones")).json()["items"]
        done = (await _import(office, rows)).json()
    assert kept == []
    assert preview["counts"] == done["counts"]
    assert (preview["mode"], done["mode"]) == ("dry_run", "commit")


async def test_a_sheet_with_only_a_wrong_header_is_not_taken_for_an_empty_one(
    registry: RunningService,
) -> None:
    async with registry.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/zones/imports?commit=true",
            content="code,nmae_zh\n",
            headers={"content-type": "text/csv"},
        )
    codes = {issue["code"] for issue in answer.json()["report"]["rows"][0]["issues"]}
    assert (answer.status_code, codes) == (422, {"unknown_column", "missing_column"})


async def test_state_is_not_changed_by_a_sheet(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _import(office, [zone_row("A")])
        answer = await _import(office, [zone_row("A", state="exited", exit_reason="withdrawn")])
    assert answer.json()["report"]["rows"][0]["issues"][0]["code"] == "state_is_output_only"


async def test_a_province_imports_its_own_zones_only(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _import(office, [zone_row("HN", "430181")])
    async with registry.client(province("420000")) as hubei:
        own = await _import(hubei, [zone_row("HB")])
        foreign = await _import(hubei, [zone_row("X", "430181")])
        stolen = await _import(hubei, [zone_row("HN", "420102")])
    assert own.status_code == 200
    for refused in (foreign, stolen):
        assert refused.json()["report"]["rows"][0]["issues"][0]["code"] == "outside_write_scope"
