"""Reading CSV and XLSX into rows of text, within bounds; formulas are never evaluated."""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from python_calamine import CalamineError, load_workbook

from chassis.problems import MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from chassis.words import Words

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_EXPANDED_BYTES = 300_000_000
MAX_ENTRIES = 2_000
MAX_CELLS = 12_000_000  # more would not fit into MAX_EXPANDED_BYTES

# where a row or a cell says it is (ECMA-376 part 1, 18.3.1.73 and 18.3.1.4)
_PLACE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]{1,18})""")
_PIECE_BYTES = 1_000_000
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    IndexError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(frozen=True)
class SheetRow:
    """`number` is the row as a person sees it in the sheet (the header is usually 1)."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Sheet:
    name: str | None
    header: list[str]
    rows: list[SheetRow]

    def letter(self, column: str) -> str | None:
        """The column's letter as a spreadsheet shows it."""
        return column_letter(self.header.index(column)) if column in self.header else None


def column_letter(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_sheet(content: bytes, media_type: str) -> Sheet:
    """The first sheet. Raises 415, 413 (rows, columns, decompressed size) or 400 for a broken file."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind == CSV:
        return _sheet(None, _csv_rows(content))
    if kind == XLSX:
        return _xlsx(content)
    raise UnsupportedMediaType(Words(f"可用: {CSV}, {XLSX}", f"Use {CSV} or {XLSX}"))


def _csv_rows(content: bytes) -> Iterator[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")  # what spreadsheets in China still write
        except UnicodeDecodeError as error:
            raise _broken("编码应为 UTF-8 或 GB18030", "The encoding must be UTF-8 or GB18030") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise _broken(
            f"第 {reader.line_num} 行不是有效的 CSV", f"Line {reader.line_num} is no valid CSV"
        ) from error


def _xlsx(content: bytes) -> Sheet:
    try:
        _check_extent(content)
        book = load_workbook(io.BytesIO(content))
        name = book.sheet_names[0]
        rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (*_UNREADABLE, CalamineError) as error:
        raise _broken("工作簿无法读取", "The workbook cannot be read") from error
    return _sheet(name, ([_text(cell) for cell in row] for row in rows))


def _check_extent(content: bytes) -> None:
    """Raise 413 for a workbook that a small file blows up: gigabytes packed well, or one cell far away.

    The reader lays out every cell up to the last one, and its process dies if there is no room for them.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = archive.infolist()
        # judged before anything is unpacked: a small file can declare gigabytes
        if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_EXPANDED_BYTES:
            raise _too_much("工作簿解压后过大", "The workbook is too large when unpacked")
        names = {entry.filename.lower() for entry in entries}
        if "xl/workbook.xml" not in names or names & {"content.xml", "xl/workbook.bin"}:
            raise _broken("不是 XLSX 工作簿", "This is no XLSX workbook")
        # any of them may be the sheet; unpacking each also proves its declared size
        if any(_cells(archive, entry) > MAX_CELLS for entry in entries):
            raise _too_much("工作表的单元格过多", "The sheet has too many cells")


def _cells(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Cells from A1 to the last row and the last column that the entry names."""
    last_row, columns = 0, {b"A"}
    for part in _parts(archive, entry):
        found = _PLACE.findall(part)
        columns.update(letters for letters, _ in found)
        last_row = max(last_row, *(int(number) for _, number in found), 0)
    return last_row * max(_column_number(letters) for letters in columns)


def _parts(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The entry piece by piece; a place that a cut divides is whole in the next piece."""
    rest = b""
    with archive.open(entry) as file:
        while piece := file.read(_PIECE_BYTES):
            yield rest + piece
            rest = piece[-40:]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number


def _too_much(zh: str, en: str) -> PayloadTooLarge:
    limits = {"limit_bytes": MAX_EXPANDED_BYTES, "limit_rows": MAX_ROWS, "limit_columns": MAX_COLUMNS}
    return PayloadTooLarge(Words(zh, en), members=limits)


def _text(cell: Any) -> str:
    """What a person would have typed: a spreadsheet keeps every number as a binary float."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        whole = cell.is_integer() and abs(cell) < 2**53
        return str(int(cell)) if whole else format(Decimal(repr(cell)), "f")  # nobody types 1e-05
    return cell.isoformat() if isinstance(cell, (datetime, date)) else str(cell)


def _sheet(name: str | None, lines: Iterable[list[str]]) -> Sheet:
    numbered = enumerate(lines, start=1)
    header = [cell.strip() for _, line in _first(numbered) for cell in line]
    while header and not header[-1]:
        header.pop()
    if not header or len(header) > MAX_COLUMNS or len(set(header)) != len(header):
        raise _broken("表头缺失、重复或过宽", "The header is missing, repeats a name or is too wide")
    rows: list[SheetRow] = []
    for number, line in numbered:
        if len(rows) >= MAX_ROWS:
            raise PayloadTooLarge(
                Words(f"至多 {MAX_ROWS} 行", f"At most {MAX_ROWS} rows"), members={"limit_rows": MAX_ROWS}
            )
        cells = [cell.strip() for cell in line]
        if not any(cells):
            continue
        if any(cells[len(header) :]):
            raise _broken(f"第 {number} 行的列多于表头", f"Row {number} has more columns than the header")
        rows.append(SheetRow(number, dict(zip(header, cells, strict=False))))
    return Sheet(name, header, rows)


def _first(numbered: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for number, line in numbered:
        if any(cell.strip() for cell in line):
            yield number, line
            return


def _broken(zh: str, en: str) -> MalformedRequest:
    return MalformedRequest(Words(zh, en))
