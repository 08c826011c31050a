"""Reads a workbook in a process of its own, with little memory and time: standard input to standard output.

The file may be made to harm whoever reads it. It is judged before it is unpacked, and what is not seen then
ends this process, not the service. Run as a file; knows nothing of the project.
"""

from __future__ import annotations

import io
import posixpath
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from xml.parsers import expat

import msgspec
from python_calamine import CalamineError, load_workbook

MAX_ENTRIES = 2_000
ROWS_AT_ONCE = 500
MARKS_A_ROW = 20
# where a row or a cell says it is (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4)
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]{1,18})""")
_CELL = re.compile(r"([A-Za-z]{1,7})([0-9]{1,18})")
# cheap to look for; only a sheet that has it is read element by element
_REMARKABLE = re.compile(rb"<(?:[\w.-]+:)?(?:f|mergeCell)[\s/>]|hidden")
_PIECE_BYTES = 1_000_000
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, IndexError, KeyError, ValueError, OSError, EOFError, NotImplementedError,
    RuntimeError, CalamineError, expat.ExpatError, StopIteration,
)  # fmt: skip
Marks = dict[int, list[tuple[int | None, str]]]


class TooLarge(Exception):
    """The workbook is more than is read; the argument says what of it."""


def main(max_expanded: int, max_cells: int, max_rows: int, memory: int, seconds: int) -> None:
    """Write a line `{"sheet": name}` and lines of rows, or a line `{"fault": …}`."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = sys.stdin.buffer.read()
    try:
        marks = judge(content, max_expanded, max_cells, max_rows)
        book = load_workbook(io.BytesIO(content))
        name = book.sheet_names[0]
        rows = book.get_sheet_by_index(0).iter_rows()
        start = book.get_sheet_by_index(0).start
        _write({"sheet": name})
        for part in _batches(_lines(rows, start, marks)):
            _write(part)
    except TooLarge as error:
        _write({"fault": str(error)})
    except MemoryError:
        _write({"fault": "memory"})
    except _UNREADABLE:
        _write({"fault": "unreadable"})


def _write(value: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(value) + b"\n")


def _batches(lines: Iterable[Any]) -> Iterator[list[Any]]:
    part: list[Any] = []
    for line in lines:
        part.append(line)
        if len(part) == ROWS_AT_ONCE:
            yield part
            part = []
    yield part


def _lines(rows: Iterable[list[Any]], start: tuple[int, int] | None, marks: Marks) -> Iterator[Any]:
    """(number, cells, marks) of each row that holds anything."""
    for number, row in enumerate(rows, start=1):
        marked = marks.pop(number, [])
        cells = [text(cell) for cell in row]
        if any(cells) or marked:
            yield number, cells, marked
    for number in sorted(marks):
        yield number, [], marks[number]


def text(cell: Any) -> str:
    """What a person would have typed: a spreadsheet keeps every number as a binary float."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 2**53
        return str(int(cell)) if whole else format(Decimal(repr(cell)), "f")  # nobody types 1e-05
    return cell.isoformat() if isinstance(cell, (datetime, date)) else str(cell)


def judge(content: bytes, max_expanded: int, max_cells: int, max_rows: int) -> Marks:
    """Faults of the first sheet by row. Raises TooLarge for gigabytes packed well or one cell far away.

    The reader lays out every cell up to the last one, so one far cell is as dear as all before it.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        # judged before anything is unpacked: a small file can declare gigabytes
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > max_expanded:
            raise TooLarge("expanded")
        names = {entry.filename.lower() for entry in entries}
        if "xl/workbook.xml" not in names or names & {"content.xml", "xl/workbook.bin"}:
            raise ValueError("no XLSX")
        remarkable = set()
        for entry in entries:  # any may be the sheet; unpacking each also proves its declared size
            cells, found = _extent(archive, entry)
            if cells > max_cells:
                raise TooLarge("cells")
            if found:
                remarkable.add(entry.filename)
        sheet = _first_sheet(archive)
        return _marks(archive, sheet, max_rows) if sheet in remarkable else {}


def _extent(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[int, bool]:
    """Cells from A1 to the last row and column that the entry names; whether anything is remarkable in it."""
    last_row, columns, remarkable, rest = 0, {b"A"}, False, b""
    with archive.open(entry) as file:
        while piece := file.read(_PIECE_BYTES):
            part = rest + piece  # a place that a cut divides is whole in the next piece
            rest = piece[-80:]
            found = _PLACE.findall(part)
            columns.update(letters for letters, _ in found)
            last_row = max(last_row, *(int(number) for _, number in found), 0)
            remarkable = remarkable or _REMARKABLE.search(part) is not None
    return last_row * max(_column(letters.decode()) + 1 for letters in columns), remarkable


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _first_sheet(archive: zipfile.ZipFile) -> str:
    """The entry of the first sheet, as the workbook's relationships say."""
    sheets: list[dict[str, str]] = []
    _elements(
        archive, "xl/workbook.xml", lambda name, given: sheets.append(given) if name == "sheet" else None
    )
    wanted = next(value for name, value in sheets[0].items() if name.endswith(":id"))
    links: dict[str, str] = {}
    _elements(
        archive,
        "xl/_rels/workbook.xml.rels",
        lambda _, given: links.update({given.get("Id", ""): given.get("Target", "")}),
    )
    target = links[wanted]
    return target[1:] if target.startswith("/") else posixpath.normpath(f"xl/{target}")


def _marks(archive: zipfile.ZipFile, sheet: str, max_rows: int) -> Marks:
    """Formulas, cells that a merge covers, and hidden rows: none of them can be told from the values."""
    marks: Marks = {}
    place = {"row": 0, "column": -1}

    def mark(row: int, column: int | None, code: str) -> None:
        if row <= max_rows * 2 and len(held := marks.setdefault(row, [])) < MARKS_A_ROW:
            held.append((column, code))

    def mark_range(reference: str, code: str, skip_first: bool) -> None:
        ends = _CELL.findall(reference)
        (left, top), (right, bottom) = ends[0], ends[-1]
        for row in range(int(top), min(int(bottom), int(top) + max_rows) + 1):
            for column in range(_column(left), min(_column(right), _column(left) + MARKS_A_ROW) + 1):
                if not (skip_first and row == int(top) and column == _column(left)):
                    mark(row, column, code)

    def start(element: str, given: dict[str, str]) -> None:
        if element == "row":
            place.update(row=int(given.get("r", place["row"] + 1)), column=-1)
            if given.get("hidden") in {"1", "true"}:
                mark(place["row"], None, "hidden_row")
        elif element == "c":
            found = _CELL.fullmatch(given.get("r", "").strip())
            place["column"] = _column(found[1]) if found else place["column"] + 1
        elif element == "f" and given.get("t") == "array" and "ref" in given:
            mark_range(given["ref"], "formula_not_accepted", False)
        elif element == "f":
            mark(place["row"], place["column"], "formula_not_accepted")
        elif element == "mergeCell":
            mark_range(given["ref"], "merged_cell", True)

    _elements(archive, sheet, start)
    return marks


def _elements(archive: zipfile.ZipFile, entry: str, tell: Callable[[str, dict[str, str]], object]) -> None:
    """Tell of every element of the entry: its name without prefix, and its attributes."""

    def refuse(*_: object) -> None:
        raise ValueError("a document type may declare entities without end")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, given: tell(name.rpartition(":")[2], given)
    with archive.open(entry) as file:
        parser.ParseFile(file)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
