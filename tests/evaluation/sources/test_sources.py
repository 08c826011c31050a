"""Sources: import, list, read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.builders import HUBEI, SOURCE
from tests.evaluation.conftest import SHEET, TwoServices, send_sheet
from tests.oracle.ranking import read_rows
from tests.service_app import province

pytestmark = pytest.mark.anyio
FILE = Path(__file__).parents[3] / "sampledata" / "sources.csv"


async def test_the_real_sources_are_taken_over_and_the_same_file_changes_nothing(
    services: TwoServices,
) -> None:
    rows = read_rows(FILE)
    async with services.client() as office:
        first = await office.post(
            "/api/v1/sources/imports?commit=true", content=FILE.read_bytes(), headers=SHEET
        )
        again = await office.post(
            "/api/v1/sources/imports?commit=true", content=FILE.read_bytes(), headers=SHEET
        )
        shown = [(await office.get(f"/api/v1/sources/code:{row['code']}")).json() for row in rows[:5]]
        listed = (await office.get("/api/v1/sources?limit=500&count=exact")).json()
    assert first.json()["counts"]["created"] == len(rows)
    assert again.json()["counts"]["unchanged"] == len(rows)
    assert [{name: item[name] or "" for name in row} for row, item in zip(rows, shown, strict=False)] == rows[
        :5
    ]
    assert listed["page"]["total"] == len(rows)
    assert len(await services.events("source")) == len(rows)


async def test_an_export_imported_again_changes_nothing(services: TwoServices) -> None:
    async with services.client() as office:
        await office.post("/api/v1/sources/imports?commit=true", content=FILE.read_bytes(), headers=SHEET)
        file = await office.get("/api/v1/sources/export")
        again = await office.post("/api/v1/sources/imports", content=file.content, headers=SHEET)
    counts = again.json()["counts"]
    assert counts["unchanged"] == counts["received"] == len(read_rows(FILE))


async def test_a_changed_source_rises_by_one_version_and_says_what_changed(services: TwoServices) -> None:
    async with services.client() as office:
        await send_sheet(office, "sources", [SOURCE])
        answer = await send_sheet(office, "sources", [SOURCE | {"date": "2025"}])
        shown = (await office.get("/api/v1/sources/code:S-1")).json()
    assert answer.json()["counts"]["updated"] == 1
    assert (shown["version"], shown["date"]) == (2, "2025")
    last = (await services.events("source"))[-1]
    assert (last["type"], last["data"]["changed"]) == ("sdz.source.updated.v1", ["date"])
    assert last["data"]["resource"] == shown


async def test_a_date_that_is_none_is_rejected_with_its_column(services: TwoServices) -> None:
    async with services.client() as office:
        answer = await send_sheet(office, "sources", [SOURCE, SOURCE | {"code": "S-2", "date": "2025-13"}])
        kept = await office.get("/api/v1/sources/code:S-1")
    (row,) = answer.json()["report"]["rows"]
    assert (answer.status_code, row["row"], row["issues"][0]["column"]) == (422, 3, "D")
    assert kept.status_code == 404


async def test_a_province_reads_sources_and_does_not_write_them(services: TwoServices) -> None:
    async with services.client() as office:
        await send_sheet(office, "sources", [SOURCE])
    async with services.client(province(HUBEI)) as local:
        assert (await local.get("/api/v1/sources/code:S-1")).json()["title"] == SOURCE["title"]
        assert (await send_sheet(local, "sources", [SOURCE | {"title": "x"}])).status_code == 403
