"""Divisions over the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.registry.builders import division
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio
SAMPLE = Path(__file__).parents[2] / "sampledata" / "divisions.csv"


async def _import(caller: httpx.AsyncClient, content: str | bytes) -> httpx.Response:
    return await caller.post(
        "/api/v1/divisions/imports?commit=true", content=content, headers={"content-type": "text/csv"}
    )


async def test_all_editions_load_in_one_import_and_load_again_unchanged(
    empty_registry: RunningService,
) -> None:
    content = SAMPLE.read_bytes()
    async with empty_registry.client(ministry()) as office:
        await _import(office, content)
        again = (await _import(office, content)).json()["counts"]
        total = (await office.get("/api/v1/divisions?count=exact&limit=1")).json()["page"]["total"]
        dafeng = (await office.get("/api/v1/divisions?code=320982")).json()["items"]
    assert again["unchanged"] == again["received"] > 7000
    assert total == again["received"]
    assert [(item["name"], item["gone_by_edition"]) for item in dafeng] == [("大丰市", "201508")]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("within=420000", ["420000", "420100", "420102"]),
        ("within=420000&level=county", ["420102"]),
        ("edition=201904&within=320000", ["320000"]),
        ("edition=200812&within=320000", ["320000", "320982"]),
        ("name[contains]=沙", ["430100"]),
    ],
)
async def test_filters(registry: RunningService, query: str, codes: list[str]) -> None:
    async with registry.client(ministry()) as office:
        items = (await office.get(f"/api/v1/divisions?{query}")).json()["items"]
    assert [item["code"] for item in items] == codes


async def test_a_code_names_its_newest_entry(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await _import(office, csv_text([division("320982", "大丰区", "202001")]))
        found = (await office.get("/api/v1/divisions/code:320982")).json()
        by_id = (await office.get(f"/api/v1/divisions/{found['id']}")).json()
    assert found["name"] == "大丰区"
    assert by_id == found


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (division("42010", "x"), "division_code"),
        (division("420103", "x", "201313"), "edition"),
        (division("420103", "x", "201512", "201012"), "editions_in_order"),
        (division("420103", "x", longitude="x"), "decimal_string"),
    ],
)
async def test_a_row_that_breaks_a_rule_is_rejected(
    registry: RunningService, row: dict[str, Any], code: str
) -> None:
    async with registry.client(ministry()) as office:
        answer = await _import(office, csv_text([row]))
    assert answer.status_code == 422
    assert answer.json()["report"]["rows"][0]["issues"][0]["code"] == code


async def test_one_code_has_one_meaning_in_an_edition(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        answer = await _import(office, csv_text([division("320982", "另一处", "201012", "201612")]))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "editions_overlap")


async def test_a_province_reads_all_divisions_and_writes_none(registry: RunningService) -> None:
    async with registry.client(province("420000")) as hubei:
        seen = (await hubei.get("/api/v1/divisions?within=430000")).json()["items"]
        refused = await _import(hubei, csv_text([division("420103", "江汉区")]))
    assert len(seen) == 3
    assert (refused.status_code, refused.json()["reason"]) == (403, "outside_write_scope")
