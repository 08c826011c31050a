"""The sheet given back as a workbook: faulty cells marked and commented, and a summary of all faults."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec
import xlsxwriter

from chassis.imports.cells import column_letter
from chassis.imports.kept_rows import KeptRow
from chassis.imports.report import Layout
from chassis.imports.sheets import XLSX, read_sheet
from chassis.imports.workbooks import MAX_PROCESS_BYTES, MAX_PROCESS_SECONDS, place_for_process

MAX_MARKS: Final = 2_000
MAX_LISTED: Final = 20_000
MAX_COPIED: Final = 50_000
SUMMARY: Final = {"zh-Hans": "导入报告", "en": "Import report"}
_HEADINGS: Final = {
    "zh-Hans": ("行", "列", "表头", "结果", "级别", "代码", "说明"),
    "en": ("Row", "Column", "Heading", "Outcome", "Severity", "Code", "Detail"),
}
_PROGRAM: Final = Path(__file__).with_name("annotating_process.py")
Fault = tuple[int, str, str, str, str, str, str]  # as the headings say


def annotated(
    content: bytes, media_type: str, layout: Layout, rows: Iterable[KeptRow], language: str
) -> bytes:
    """A workbook: of an uploaded one the same book with comments, else the rows of the file.

    At most 2,000 cells are marked and 20,000 faults listed; of a CSV at most 50,000 rows are copied. A book
    that is too much for the process that marks it comes back as the list of its faults alone.
    """
    faults = list(islice(_faults(layout, rows, language), MAX_LISTED))
    if media_type == XLSX:
        marked = _in_the_book(content, faults, language)
        return marked or _new_book([], [], faults, language)
    sheet = read_sheet(content, media_type)
    header = sheet.shown or []
    lines = (
        (row.number, [row.cells.get(name, "") for name in sheet.header or row.cells]) for row in sheet.rows
    )
    return _new_book(header, islice(lines, MAX_COPIED), faults, language)


def _faults(layout: Layout, rows: Iterable[KeptRow], language: str) -> Iterator[Fault]:
    for row in rows:
        for issue in row.issues:
            place = layout.places.get(issue.parameter or "")
            letter = "" if place is None else column_letter(place)
            heading = issue.parameter or "" if place is None else layout.shown[place]
            said = issue.en if language == "en" else issue.zh
            yield row.number, letter, heading, row.action, issue.severity, issue.code, said


def _in_the_book(content: bytes, faults: Sequence[Fault], language: str) -> bytes | None:
    """None when the process gave up."""
    asked = {
        "marks": [(row, letter, said) for row, letter, _, _, _, _, said in faults[:MAX_MARKS]],
        "title": SUMMARY[language],
        "table": [_HEADINGS[language], *faults],
        "memory": MAX_PROCESS_BYTES,
        "seconds": MAX_PROCESS_SECONDS,
    }
    with place_for_process(), suppress(subprocess.TimeoutExpired):
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-I", str(_PROGRAM)],
            input=msgspec.json.encode(asked) + b"\n" + content,
            capture_output=True,
            timeout=MAX_PROCESS_SECONDS + 5,
            env={},
            check=False,
        )
        return done.stdout if done.returncode == 0 else None
    return None


def _new_book(
    header: Sequence[str],
    lines: Iterable[tuple[int, Sequence[str]]],
    faults: Sequence[Fault],
    language: str,
) -> bytes:
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    if header:
        sheet = book.add_worksheet()
        wrong = book.add_format({"bg_color": "#FFC7CE"})
        marks = {(row, letter): said for row, letter, _, _, _, _, said in reversed(faults[:MAX_MARKS])}
        for number, cells in [(1, header), *lines]:
            for index, cell in enumerate(cells):
                said = marks.get((number, column_letter(index)))
                sheet.write_string(number - 1, index, cell, wrong if said else None)
                if said:
                    sheet.write_comment(number - 1, index, said)
    summary = book.add_worksheet(SUMMARY[language])
    table: list[Sequence[Any]] = [_HEADINGS[language], *faults]
    for number, line in enumerate(table):
        for index, value in enumerate(line):
            summary.write(number, index, value)
    book.close()
    return out.getvalue()
