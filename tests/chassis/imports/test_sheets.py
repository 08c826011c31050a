"""Reading sheets: as a person sees them, within bounds, whatever the file does."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date, datetime

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from chassis.imports import cells as limits
from chassis.imports import workbooks
from chassis.imports.cells import Sheet, SheetRow, column_letter
from chassis.imports.sheets import CSV, XLSX
from chassis.imports.sheets import read_sheet as open_sheet
from chassis.problems import MalformedRequest, PayloadTooLarge, Problem, UnsupportedMediaType
from tests.chassis.imports.workbooks import declaring, repacked, workbook

SHEET = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class Read:
    """A sheet read to its end."""

    name: str | None
    header: list[str] | None
    rows: list[SheetRow]


def read_sheet(content: bytes, media_type: str) -> Read:
    sheet: Sheet = open_sheet(content, media_type)
    try:
        return Read(sheet.name, sheet.header, list(sheet.rows))
    finally:
        sheet.close()


def cells(sheet: Read) -> list[tuple[int, dict[str, str]]]:
    return [(row.number, dict(row.cells)) for row in sheet.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    sheet = read_sheet("代码,名称\nA,龘靐\n".encode(encoding), f"{CSV}; charset=x")
    assert (sheet.header, cells(sheet)) == (["代码", "名称"], [(2, {"代码": "A", "名称": "龘靐"})])


def test_a_row_is_numbered_as_a_spreadsheet_shows_it() -> None:
    content = b'\n a , b \n1,"two\nlines"\n\n , \n2,"say ""hi"""\r\n3,\n'
    sheet = read_sheet(content, CSV)
    assert sheet.header == ["a", "b"]
    assert cells(sheet) == [
        (3, {"a": "1", "b": "two\nlines"}),
        (6, {"a": "2", "b": 'say "hi"'}),
        (7, {"a": "3", "b": ""}),
    ]


def test_a_workbook_and_the_same_table_as_csv_read_alike() -> None:
    rows = [["a", "b"], [], ["x", "y"], ["1", "2"]]
    text = "\n".join(",".join(row) for row in rows)
    assert cells(read_sheet(workbook(rows), XLSX)) == cells(read_sheet(text.encode(), CSV))


def test_cells_of_a_workbook_are_what_a_person_would_have_typed() -> None:
    book = workbook([["n"], [12], [0.1], [True], ["007"], [" x "], [-0.0], [2**53 - 1]])
    assert [row.cells["n"] for row in read_sheet(book, XLSX).rows] == [
        "12",
        "0.1",
        "true",
        "007",
        "x",
        "0",
        "9007199254740991",
    ]


def test_a_formula_is_told_and_not_evaluated() -> None:
    book = workbook([["a", "b"], [1, 2], [("=1/0", 42), ('=WEBSERVICE("http://x")', "kept")]])
    good, bad = read_sheet(book, XLSX).rows
    assert good.issues == []
    assert [(issue.code, issue.parameter, issue.params["cell"]) for issue in bad.issues] == [
        ("formula_not_accepted", "a", "A3"),
        ("formula_not_accepted", "b", "B3"),
    ]


def test_a_hidden_row_is_read_with_a_warning() -> None:
    first, second = read_sheet(workbook([["a"], [1], [2]], hidden=[3]), XLSX).rows
    assert (first.issues, second.cells) == ([], {"a": "2"})
    assert [(issue.code, issue.severity, issue.parameter) for issue in second.issues] == [
        ("hidden_row", "warning", None)
    ]


def test_a_hidden_row_without_anything_is_no_row() -> None:
    assert cells(read_sheet(workbook([["a"], [1], [None], [2]], hidden=[3]), XLSX)) == [
        (2, {"a": "1"}),
        (4, {"a": "2"}),
    ]


def test_each_cell_that_a_merge_covers_is_a_fault() -> None:
    book = workbook([["a", "b"], [1, 2], [3, 4], [5, 6]], merged={"A3:B4": "x"})
    free, first, second = read_sheet(book, XLSX).rows
    assert free.issues == []
    assert [(issue.code, issue.params["cell"]) for issue in first.issues] == [("merged_cell", "B3")]
    assert [(issue.code, issue.params["cell"]) for issue in second.issues] == [
        ("merged_cell", "A4"),
        ("merged_cell", "B4"),
    ]


def test_a_merged_header_is_malformed() -> None:
    with pytest.raises(MalformedRequest):
        read_sheet(workbook([["a", "b"], [1, 2]], merged={"A1:B1": "a"}), XLSX)


@pytest.mark.parametrize("megabytes", [1, 100])
def test_a_workbook_whose_process_runs_out_of_memory_is_413(
    monkeypatch: pytest.MonkeyPatch, megabytes: int
) -> None:
    monkeypatch.setattr(workbooks, "MAX_PROCESS_BYTES", megabytes * 1_000_000)
    with pytest.raises(PayloadTooLarge):
        read_sheet(workbook([["a"] * 1, *([str(n) * 400] for n in range(20_000))]), XLSX)


def test_the_first_sheet_is_read_and_named() -> None:
    sheet = read_sheet(workbook([["a"], ["1"]], [["b"], ["2"]]), XLSX)
    assert (sheet.name, sheet.header) == ("Sheet1", ["a"])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b",,\n",
        b"a,a\n1,2\n",
        b"a,b\n1,2,3\n",
        b'a\n"unclosed\n',
        b'a\n"x"y\n',
        b"\xff\xff\xff",
        b",".join(b"c%d" % n for n in range(201)),
    ],
    ids=lambda content: repr(content[:12]),
)
def test_a_broken_table_is_malformed(content: bytes) -> None:
    with pytest.raises(MalformedRequest):
        read_sheet(content, CSV)


def test_a_huge_cell_is_413_and_one_that_no_spreadsheet_holds_a_fault() -> None:
    with pytest.raises(PayloadTooLarge):
        read_sheet(b"a\n" + b"x" * 200_000, CSV)
    (row,) = read_sheet(b"a\n" + b"x" * 32_768, CSV).rows
    assert [(issue.code, issue.params["cell"]) for issue in row.issues] == [("cell_too_long", "A2")]


def test_more_columns_than_the_header_name_the_row() -> None:
    with pytest.raises(MalformedRequest, match="Row 3 "):
        read_sheet(b"a,b\n1,2\n1,2,3\n", CSV)
    assert cells(read_sheet(b"a,b\n1,2,,\n", CSV)) == [(2, {"a": "1", "b": "2"})]


def test_too_many_rows_are_413(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_ROWS", 3)
    assert len(read_sheet(b"a\n" + b"1\n" * 3, CSV).rows) == 3
    for content, kind in ((b"a\n" + b"1\n" * 4, CSV), (workbook([["a"]] + [[1]] * 4), XLSX)):
        with pytest.raises(PayloadTooLarge):
            read_sheet(content, kind)


@pytest.mark.parametrize("kind", ["", "application/json", "text/plain", "application/vnd.ms-excel"])
def test_another_kind_of_file_is_415(kind: str) -> None:
    with pytest.raises(UnsupportedMediaType):
        read_sheet(b"a\n1\n", kind)


BOOK = workbook([["a", "b"], ["1", "2"], [3, 4.5]])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, len(BOOK) - 1))
def test_a_truncated_workbook_is_malformed(length: int) -> None:
    with pytest.raises(MalformedRequest):
        read_sheet(BOOK[:length], XLSX)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, len(BOOK) - 1), byte=st.integers(0, 255))
def test_a_workbook_with_a_changed_byte_is_read_or_refused(place: int, byte: int) -> None:
    try:
        read_sheet(BOOK[:place] + bytes([byte]) + BOOK[place + 1 :], XLSX)
    except Problem as problem:
        assert problem.status in {400, 413}


@settings(max_examples=20, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for kind, whole in ((CSV, content), (XLSX, content), (XLSX, repacked(BOOK, {SHEET: content}))):
        try:
            read_sheet(whole, kind)
        except Problem as problem:
            assert problem.status in {400, 413}


def test_a_workbook_that_declares_gigabytes_is_413_before_it_is_unpacked() -> None:
    with pytest.raises(PayloadTooLarge):
        read_sheet(declaring(BOOK, SHEET, 4_000_000_000), XLSX)


def test_a_workbook_that_declares_less_than_it_holds_is_refused() -> None:
    with pytest.raises(MalformedRequest):
        read_sheet(declaring(BOOK, SHEET, 10), XLSX)


def test_a_workbook_of_thousands_of_entries_is_413() -> None:
    with pytest.raises(PayloadTooLarge):
        read_sheet(repacked(BOOK, {f"x{n}": b"" for n in range(2_001)}), XLSX)


@pytest.mark.parametrize("place", [(1_048_575, 16_383), (1_048_575, 20), (1000, 16_383)])
def test_one_cell_far_away_is_413_and_does_not_end_the_process(place: tuple[int, int]) -> None:
    with pytest.raises(PayloadTooLarge):
        read_sheet(workbook([["a"], ["1"]], at={place: "x"}), XLSX)


def test_a_far_cell_written_in_another_way_is_found_too() -> None:
    cell = b"<row r = '1048576'><c r = 'xfd1048576'><v>1</v></c></row>"
    far = b"<worksheet><sheetData>" + cell + b"</sheetData></worksheet>"
    with pytest.raises(PayloadTooLarge):
        read_sheet(repacked(BOOK, {SHEET: far}), XLSX)


@pytest.mark.parametrize(
    "changes",
    [
        {"xl/workbook.xml": None},
        {"xl/workbook.xml": b"<"},
        {SHEET: None},
        {SHEET: b"<worksheet><sheetData><row><c t='s'><v>99</v></c></row></sheetData></worksheet>"},
        {"content.xml": b"<x/>"},
        {"xl/_rels/workbook.xml.rels": b""},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_workbook_without_its_parts_is_malformed(changes: dict[str, bytes | None]) -> None:
    with pytest.raises(MalformedRequest):
        read_sheet(repacked(BOOK, changes), XLSX)


def test_dates_are_written_as_dates() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "d")
    sheet.write_datetime(1, 0, date(2024, 8, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
    sheet.write_datetime(
        2, 0, datetime(2024, 8, 1, 12, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    )
    book.close()
    shown = [row.cells["d"] for row in read_sheet(out.getvalue(), XLSX).rows]
    assert shown == ["2024-08-01", "2024-08-01T12:30:00"]


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [column_letter(n) for n in (0, 25, 26, 51, 701, 702, 16_383)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "ZZ",
        "AAA",
        "XFD",
    ]
