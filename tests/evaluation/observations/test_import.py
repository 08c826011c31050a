"""Observations from sheets."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import event

from tests.evaluation.builders import HUBEI, HUNAN, PERIOD, ROWS, framework, leaf, row
from tests.evaluation.builders import branch as branch_node
from tests.evaluation.conftest import TwoServices, send, send_sheet
from tests.registry.builders import zone
from tests.service_app import ministry, province

pytestmark = pytest.mark.anyio
XLSX = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
URL = "/api/v1/observations/imports?commit=true"


def _workbook(rows: list[dict[str, Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("指标")
    sheet.write_row(1, 0, list(rows[0]))  # below an empty row, as people's tables stand
    for number, line in enumerate(rows, start=2):
        sheet.write_row(number, 0, list(line.values()))
    book.close()
    return out.getvalue()


def _issues(report: dict[str, Any]) -> list[tuple[int, str | None, str]]:
    return [
        (line["row"], issue["column"], issue["code"]) for line in report["rows"] for issue in line["issues"]
    ]


@contextmanager
def _statements(services: TwoServices) -> Iterator[list[str]]:
    """The statements that the evaluation service sends to its database."""
    seen: list[str] = []
    engine = services.evaluation.runtime.database.engine.sync_engine

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def test_values_keep_their_digits_and_missing_is_no_zero(observed: TwoServices) -> None:
    async with observed.client() as office:
        items = (await office.get("/api/v1/observations")).json()["items"]
    assert [(i["zone"]["code"], i["indicator"]["code"], i["status"], i["value"]) for i in items] == [
        ("HB-1", "GREEN", "reported", "90.50"),
        ("HB-1", "SMOKE", "estimated", "10"),
        ("HB-2", "GREEN", "reported", "40.50"),
        ("HB-2", "SMOKE", "reported", "30"),
        ("HN-1", "GREEN", "reported", "65.50"),
        ("HN-1", "SMOKE", "not_available", None),
    ]
    assert [item["stands_in"] for item in items] == [False, True, False, False, False, False]
    assert (items[1]["reference_division"], items[1]["period_end"]) == ("420100", "2025-01-01")


async def test_the_same_sheet_again_is_unchanged_and_tells_nothing(observed: TwoServices) -> None:
    async with observed.client() as office:
        again = await send_sheet(office, "observations", ROWS)
    assert again.json()["counts"] | {"received": 0} == {
        "received": 0,
        "created": 0,
        "updated": 0,
        "unchanged": len(ROWS),
        "deleted": 0,
        "rejected": 0,
        "skipped": 0,
    }
    (batch,) = await observed.events("observation_batch,observation")
    assert batch["data"]["resource"] | {"id": ""} == {
        "id": "",
        "version": 1,
        "created": 6,
        "updated": 0,
        "periods": [PERIOD],
    }


async def test_a_changed_row_is_updated_by_its_key(observed: TwoServices) -> None:
    async with observed.client() as office:
        answer = await send_sheet(
            office, "observations", [ROWS[0] | {"value": "91"}, row("HN-1", "SMOKE", "7")]
        )
        items = (await office.get("/api/v1/observations?updated_at[gte]=2000-01-01T00:00:00Z")).json()[
            "items"
        ]
    assert answer.json()["counts"]["updated"] == 2
    assert [(item["value"], item["version"]) for item in items] == [
        ("91", 2),
        ("10", 1),
        ("40.50", 1),
        ("30", 1),
        ("65.50", 1),
        ("7", 2),
    ]


async def test_zones_and_indicators_are_named_in_any_of_four_ways(prepared: TwoServices) -> None:
    async with prepared.registry.client(ministry()) as office:
        external = [{"system": "most", "value": "9"}]
        made = await send(office, "zones", zone("HB-9", "420102", external_ids=external))
    async with prepared.client() as office:
        indicator = (await office.get("/api/v1/indicators/code:GREEN")).json()
        rows = [
            row("HB-1", "GREEN"),
            row("code:HB-2", "code:GREEN"),
            row("ext:most:9", indicator["id"]),  # just registered, not followed yet
            row(made.json()["id"], "SMOKE"),
        ]
        answer = await send_sheet(office, "observations", rows)
        items = (await office.get("/api/v1/observations?zone=ext:most:9")).json()["items"]
    assert answer.json()["counts"]["created"] == 4
    assert [(item["zone"]["code"], item["indicator"]["code"]) for item in items] == [
        ("HB-9", "GREEN"),
        ("HB-9", "SMOKE"),
    ]


FAULTY = [
    row(),
    row("HB-2", value="100.01"),
    row("NOWHERE"),
    row("HB-1", "NOTHING"),
    row("HN-1", source="S-1; S-9"),
    row("code:HB-1", value="51"),
    row("HB-2", "SMOKE", "", status="pending", period="2024-13"),
    row("HB-2", "SMOKE", "0", status="not_available"),
    row("HN-1", "SMOKE", "1,5"),
]
EXPECTED = [
    (3, "E", "out_of_range"),
    (4, "A", "unknown_zone"),
    (5, "B", "unknown_indicator"),
    (6, "G", "unknown_source"),
    (7, "A", "duplicate_key"),
    (8, "C", "period"),
    (9, "E", "value_not_allowed"),
    (10, "E", "decimal_string"),
]


async def test_a_csv_report_names_row_and_column_and_nothing_is_kept(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        preview = await send_sheet(office, "observations", FAULTY, commit=False)
        answer = await send_sheet(office, "observations", FAULTY)
        kept = (await office.get("/api/v1/observations")).json()["items"]
    assert (preview.status_code, answer.status_code) == (201, 422)
    assert _issues(answer.json()["report"]) == EXPECTED
    assert _issues(preview.json()) == EXPECTED
    assert answer.json()["report"]["counts"]["rejected"] == 8
    assert kept == []
    assert await prepared.events("observation_batch") == []
    (issue,) = answer.json()["report"]["rows"][0]["issues"]
    assert issue["params"] == {"given": "100.01", "valid_min": "0", "valid_max": "100", "unit": "%"}


async def test_a_workbook_gives_the_same_report_with_its_own_rows(
    prepared: TwoServices,
) -> None:
    async with prepared.client() as office:
        answer = await office.post(URL, content=_workbook(FAULTY), headers=XLSX)
    report = answer.json()["report"]
    moved = [(number + 1, column, code) for number, column, code in EXPECTED]
    assert _issues(report) == moved
    assert {line["sheet"] for line in report["rows"]} == {"指标"}


async def test_a_workbook_keeps_numbers_as_a_person_typed_them(prepared: TwoServices) -> None:
    rows = [
        row("HB-1") | {"value": 0.1, "period": 2024, "reference_division": 420102},
        row("HB-2") | {"value": 0.00001234},
    ]
    async with prepared.client() as office:
        answer = await office.post(URL, content=_workbook(rows), headers=XLSX)
        items = (await office.get("/api/v1/observations")).json()["items"]
    assert answer.status_code == 200, answer.text
    assert [(item["value"], item["reference_division"]) for item in items] == [
        ("0.1", "420102"),
        ("0.00001234", None),
    ]


async def test_a_preview_keeps_nothing(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        preview = await send_sheet(office, "observations", ROWS, commit=False)
        kept = (await office.get("/api/v1/observations")).json()["items"]
    assert (preview.status_code, preview.json()["mode"], preview.json()["counts"]["created"]) == (
        201,
        "dry_run",
        6,
    )
    assert kept == []


async def test_outside_the_write_scope_is_told_apart_only_from_what_can_be_seen(
    prepared: TwoServices,
) -> None:
    local = province(HUBEI, view=ministry().view)
    rows = [row("HB-1"), row("HN-1"), row("NOWHERE")]
    async with prepared.client(local) as sees_all, prepared.client(province(HUBEI)) as sees_own:
        wide = await send_sheet(sees_all, "observations", rows)
        narrow = await send_sheet(sees_own, "observations", rows)
    assert _issues(wide.json()["report"]) == [(3, "A", "outside_write_scope"), (4, "A", "unknown_zone")]
    assert _issues(narrow.json()["report"]) == [(3, "A", "unknown_zone"), (4, "A", "unknown_zone")]
    texts = [line["issues"][0]["detail"] for line in narrow.json()["report"]["rows"]]
    assert len(set(texts)) == 1


async def test_the_event_of_a_batch_reaches_the_provinces_it_touches(prepared: TwoServices) -> None:
    async with prepared.client(province(HUBEI)) as local:
        assert (await send_sheet(local, "observations", [row("HB-1"), row("HB-2")])).status_code == 200
    seen = [
        len(await prepared.events("observation_batch", reader))
        for reader in (ministry(), province(HUBEI), province(HUNAN))
    ]
    assert seen == [1, 1, 0]


@pytest.mark.parametrize("cell", ["江岸区", "A,B", "HB 1", "=1+1", "🌱" * 300, "ext:most:", "code:"])
async def test_what_cannot_name_a_zone_names_none(prepared: TwoServices, cell: str) -> None:
    prepared.lose_registry()  # nobody is asked
    async with prepared.client() as office:
        answer = await send_sheet(office, "observations", [row(cell)])
    assert _issues(answer.json()["report"]) == [(2, "A", "unknown_zone")]


async def test_an_unknown_zone_while_the_registry_is_down_is_503_and_known_ones_go_on(
    prepared: TwoServices,
) -> None:
    prepared.lose_registry()
    async with prepared.client() as office:
        known = await send_sheet(office, "observations", [row("HB-1")])
        unknown = await send_sheet(office, "observations", [row("HB-77")])
    assert known.status_code == 200
    assert (unknown.status_code, unknown.json()["dependency"]) == (503, "registry")


async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    prepared: TwoServices,
) -> None:
    wide = [branch_node("ALL", None), *(leaf(f"I{n}") for n in range(300))]
    async with prepared.client() as office:
        await send(office, "frameworks", framework("WIDE", nodes=wide))
        counts = []
        for size in (10, 300):
            rows = [row(z, f"I{n}", period="2023") for z in ("HB-1", "HB-2", "HN-1") for n in range(size)]
            with _statements(prepared) as seen:
                answer = await send_sheet(office, "observations", rows)
            assert answer.status_code == 200, answer.text
            counts.append(len(seen))
        rows = [
            row(z, f"I{n}", period=f"{year}")
            for z in ("HB-1", "HB-2", "HN-1")
            for n in range(300)
            for year in range(2010, 2021)
        ]
        with _statements(prepared) as many:
            answer = await send_sheet(office, "observations", rows)
    assert answer.json()["counts"]["created"] == 9900
    assert counts[0] == counts[1]
    # to look up what is new, to lock, to write and to tell, for each further two thousand
    assert len(many) <= counts[0] + 5 * 4
