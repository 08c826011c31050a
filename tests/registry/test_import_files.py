"""Files in and out: kinds of files, headings in both languages, the annotated workbook, exports."""

from __future__ import annotations

import csv
import io
import json
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it has no types

from chassis.exports import routes
from chassis.imports import workbooks
from chassis.imports.sheets import CSV, NDJSON, XLSX
from tests.chassis.answers import problem_of
from tests.chassis.imports.workbooks import workbook
from tests.registry.builders import DIVISIONS, zone, zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio
PATH = "/api/v1/zones/imports"


def _book(rows: list[dict[str, Any]]) -> bytes:
    return workbook([list(rows[0]), *(list(row.values()) for row in rows)])


async def test_an_export_imported_again_changes_nothing(registry: RunningService) -> None:
    texts = ["=1+1", "'=x", "-5", "@a", "+86", "'quoted'", "a,b", 'say "x"', "两\n行"]
    rows = [
        zone_row(f"Z{n}", longitude="-120.10", latitude="33.3", theme=text) for n, text in enumerate(texts)
    ]
    async with registry.client(ministry()) as office:
        given = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
        made = await office.post(
            f"{PATH}?commit=true", content=given.encode(), headers={"content-type": NDJSON}
        )
        assert made.status_code == 200, made.text
        for kind, media in (("csv", CSV), ("xlsx", XLSX), ("ndjson", NDJSON)):
            file = await office.get(f"/api/v1/zones/export?format={kind}")
            assert (file.status_code, file.headers["content-type"].split(";")[0]) == (200, media)
            again = await office.post(PATH, content=file.content, headers={"content-type": media})
            assert again.json()["counts"]["unchanged"] == len(rows), (kind, again.json())
        shown = (await office.get("/api/v1/zones?sort=code")).json()["items"]
        sheet = await office.get("/api/v1/zones/export?code[in]=Z0,Z1&sort=-code")
    assert [item["theme"] for item in shown] == texts
    lines = list(csv.DictReader(io.StringIO(sheet.content.decode("utf-8-sig"))))
    assert [(line["code"], line["theme"], line["longitude"]) for line in lines] == [
        ("Z1", "''=x", "-120.10"),
        ("Z0", "'=1+1", "-120.10"),
    ]


async def test_an_export_holds_what_its_reader_may_see(registry: RunningService) -> None:
    rows = [zone_row("HB"), zone_row("HN", "430181")]
    async with registry.client(ministry()) as office:
        await office.post(f"{PATH}?commit=true", content=csv_text(rows), headers={"content-type": CSV})
    async with registry.client(province("430000")) as hunan:
        lines = (await hunan.get("/api/v1/zones/export")).text.splitlines()
        unknown = await hunan.get("/api/v1/zones/export?limit=5")
        strange = await hunan.get("/api/v1/zones/export?format=pdf")
    assert [line.split(",")[0] for line in lines[1:]] == ["HN"]
    assert (unknown.status_code, strange.status_code) == (400, 400)


async def test_headings_may_be_the_labels_of_either_language(registry: RunningService) -> None:
    header = "实验区代码*,名　称,Ｓtate,Division code,区划版本"
    text = f"{header}\nA,试验,operating,420102,201904\n"
    async with registry.client(ministry()) as office:
        plan = (await office.post(PATH, content=text.encode("gb18030"), headers={"content-type": CSV})).json()
        bad = text.replace("420102", "999999")
        fault = (await office.post(PATH, content=bad.encode(), headers={"content-type": CSV})).json()
    assert plan["counts"]["created"] == 1
    issue = fault["rows"][0]["issues"][0]
    assert (issue["column"], issue["heading"], issue["name"]) == ("D", "Division code", "division_code")


async def test_a_bad_line_of_ndjson_is_a_fault_of_that_line(registry: RunningService) -> None:
    lines = [
        b'{"code": "A", "name_zh": "x", "division_code": "420102", "division_edition": "201904"}',
        b"{not json",
        b'{"code": "\\ud800", "name_zh": "x", "division_code": "420102", "division_edition": "201904"}',
        b'{"code": ["B"], "name_zh": "x\\u0000", "division_code": "420102", "division_edition": "201904"}',
        b'{"code": "C", "longitude": 1e400, "division_code": "420102", "division_edition": "201904"}',
        b'{"code": "D", "more": 1}',
    ]
    async with registry.client(ministry()) as office:
        plan = (await office.post(PATH, content=b"\n".join(lines), headers={"content-type": NDJSON})).json()
    codes = {row["row"]: {issue["code"] for issue in row["issues"]} for row in plan["rows"]}
    assert (plan["counts"]["created"], plan["counts"]["rejected"]) == (1, 5)
    assert codes[2] == {"malformed_json"}
    assert codes[4] == {"not_a_scalar", "control_character"}
    assert "decimal_string" in codes[5]
    assert "unknown_member" in codes[6]


@pytest.mark.parametrize("kind", [XLSX, CSV])
async def test_the_sheet_comes_back_with_its_faults_marked(registry: RunningService, kind: str) -> None:
    rows = [zone_row("A", name_en="=1+1"), zone_row("B", "999999"), zone_row("C", tier="local")]
    rows = [row | {"name_en": row.get("name_en", "")} for row in rows]
    content = _book(rows[:0] + [{**row, "name_en": ""} for row in rows]) if kind == XLSX else csv_text(rows)
    async with registry.client(ministry()) as office:
        plan = (await office.post(PATH, content=content, headers={"content-type": kind})).json()
        answer = await office.get(plan["annotated_file"], headers={"accept-language": "en"})
    book = load_workbook(io.BytesIO(answer.content))
    sheet, summary = book.worksheets
    marked = {cell.coordinate: cell.comment.text for row in sheet.iter_rows() for cell in row if cell.comment}
    assert set(marked) == {"E3", "C4"}
    assert marked["E3"] == "The code does not stand in this edition"
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert [[cell.value for cell in row][:4] for row in summary.iter_rows(min_row=2)] == [
        [3, "E", "division_code", "rejected"],
        [4, "C", "tier", "rejected"],
    ]


async def test_formulas_and_hidden_rows_are_told(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B")]
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    cells[2][1] = ("=1+1", 2)
    async with registry.client(ministry()) as office:
        plan = (await office.post(PATH, content=workbook(cells), headers={"content-type": XLSX})).json()
    (row,) = plan["rows"]
    assert (row["sheet"], row["row"], row["action"]) == ("Sheet1", 3, "rejected")
    assert [(issue["code"], issue["params"]["cell"]) for issue in row["issues"]] == [
        ("formula_not_accepted", "B3")
    ]


async def test_hidden_rows_are_warned_of_and_merged_cells_rejected(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B"), zone_row("C")]
    cells = [list(rows[0]), *(list(row.values()) for row in rows)]
    async with registry.client(ministry()) as office:
        book = workbook(cells, hidden=[2], merged={"B3:B4": "合并"})
        plan = (await office.post(PATH, content=book, headers={"content-type": XLSX})).json()
    told = [(row["row"], row["action"], [issue["code"] for issue in row["issues"]]) for row in plan["rows"]]
    assert told == [(2, "created", ["hidden_row"]), (4, "rejected", ["merged_cell"])]
    assert plan["counts"]["created"] == 2


async def test_a_workbook_that_needs_too_much_memory_is_413(
    registry: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "MAX_PROCESS_BYTES", 1_000_000)
    async with registry.client(ministry()) as office:
        book = _book([zone_row("A")])
        answer = await office.post(PATH, content=book, headers={"content-type": XLSX})
        monkeypatch.undo()
        after = await office.post(PATH, content=book, headers={"content-type": XLSX})
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")
    assert after.status_code == 201


async def test_divisions_exported_and_imported_again_are_unchanged(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        whole = await office.get("/api/v1/divisions/export")
        some = await office.get("/api/v1/divisions/export?within=420000&format=ndjson")
        again = await office.post(
            "/api/v1/divisions/imports", content=whole.content, headers={"content-type": CSV}
        )
    counts = again.json()["counts"]
    assert counts["unchanged"] == counts["received"] == len(DIVISIONS)
    codes = {json.loads(line)["code"] for line in some.text.splitlines()}
    assert codes == {row["code"] for row in DIVISIONS if row["code"].startswith("42")}


async def test_zones_are_listed_by_several_external_ids(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for code in ("A", "B", "C"):
            body = zone(code, external_ids=[{"system": "most", "value": f"x:{code}"}])
            assert (await office.post("/api/v1/zones", json=body)).status_code == 201
        found = await office.get("/api/v1/zones?external_id[in]=most:x:A,most:x:C,most:none")
    assert [item["code"] for item in found.json()["items"]] == ["A", "C"]


async def test_an_export_that_fails_leaves_no_file(
    registry: RunningService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(routes, "MAX_ROWS", 1)
    async with registry.client(ministry()) as office:
        for code in ("Z0", "Z1"):
            assert (await office.post("/api/v1/zones", json=zone(code))).status_code == 201
        for kind in ("csv", "xlsx", "ndjson"):
            refused = await office.get(f"/api/v1/zones/export?format={kind}")
            assert problem_of(refused, 400)["errors"][0]["code"] == "too_many_rows"
        made = await office.get("/api/v1/zones/export?format=xlsx&code=Z0")
    assert (made.status_code, made.content[:2]) == (200, b"PK")
    assert list(folder.iterdir()) == []


async def test_only_a_few_workbooks_are_read_at_once(
    registry: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with registry.client(ministry()) as office:
        assert (await office.post("/api/v1/zones", json=zone("Z0"))).status_code == 201
        book = (await office.get("/api/v1/zones/export?format=xlsx")).content
        monkeypatch.setattr(workbooks, "_places", threading.BoundedSemaphore(1))

        async def sent(content: bytes) -> httpx.Response:
            return await office.post(PATH, content=content, headers={"content-type": XLSX})

        for _ in range(2):  # the place is given back, also by what is refused
            plan = await sent(book)
            assert plan.status_code == 201
            problem_of(await sent(book[:99]), 400)
        with workbooks.place_for_process():
            for answer in (await sent(book), await office.get(plan.json()["annotated_file"])):
                problem_of(answer, 503, "service_unavailable")
                assert answer.headers["retry-after"] == "5"
