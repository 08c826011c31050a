"""CSV and NDJSON, row by row."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final

from chassis.imports.cells import Line, Sheet, SheetRow, bounded, broken, fault, with_header
from chassis.json_body import decode_json
from chassis.problems import Issue, MalformedRequest, PayloadTooLarge
from chassis.words import Words

_ENCODINGS: Final = ("utf-8-sig", "gb18030")  # the second is what spreadsheets in China still write
_PIECE_BYTES: Final = 1_000_000
_MAX_LINE_BYTES: Final = 1_000_000


def csv_sheet(content: bytes, rename: Callable[[str], str]) -> Sheet:
    """Raises MalformedRequest for another encoding or what is no CSV, PayloadTooLarge for a huge cell."""
    return with_header(None, _csv_lines(content), rename, lambda: None)


def _csv_lines(content: bytes) -> Iterator[Line]:
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), _encoding(content), newline=""), strict=True)
    try:
        for number, cells in enumerate(reader, start=1):
            yield Line(number, cells)
    except csv.Error as error:
        if "field larger" in str(error):
            limit = csv.field_size_limit()
            raise PayloadTooLarge(
                Words(f"第 {reader.line_num} 行有过大的单元格", f"Line {reader.line_num} has a huge cell"),
                members={"limit_characters": limit},
            ) from error
        raise broken(
            f"第 {reader.line_num} 行不是有效的 CSV", f"Line {reader.line_num} is no valid CSV"
        ) from error


def _encoding(content: bytes) -> str:
    for name in _ENCODINGS:
        decoder = codecs.getincrementaldecoder(name)()
        try:
            for start in range(0, len(content), _PIECE_BYTES):
                decoder.decode(content[start : start + _PIECE_BYTES])
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return name
    raise broken("编码应为 UTF-8 或 GB18030", "The encoding must be UTF-8 or GB18030")


def ndjson_sheet(content: bytes, rename: Callable[[str], str]) -> Sheet:
    """One JSON object a line; `row` is the line. A line that is none is a fault of that row alone."""
    return Sheet(None, None, None, bounded(_objects(content, rename)))


def _objects(content: bytes, rename: Callable[[str], str]) -> Iterator[SheetRow]:
    for number, line in enumerate(io.BytesIO(content.removeprefix(codecs.BOM_UTF8)), start=1):
        if not line.strip():
            continue
        try:
            if len(line) > _MAX_LINE_BYTES:
                raise MalformedRequest()
            members = decode_json(line)
        except MalformedRequest:
            members = None
        if isinstance(members, dict):
            yield _row(number, members, rename)
        else:
            yield SheetRow(number, {}, [fault("malformed_json", None)])


def _row(number: int, members: dict[str, Any], rename: Callable[[str], str]) -> SheetRow:
    cells: dict[str, str] = {}
    issues: list[Issue] = []
    for given, value in members.items():
        name = rename(given)
        if name in cells or isinstance(value, (dict, list)):
            issues.append(fault("not_a_scalar" if name not in cells else "malformed_json", printable(name)))
            continue
        cells[name] = _text(value)
    return SheetRow(number, cells, issues)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def printable(text: str) -> str:
    """`text` as it can be answered: lone surrogates and NUL written out, at most 200 characters."""
    return text[:200].encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")
