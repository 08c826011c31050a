"""Workbooks for tests, good and bad."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import xlsxwriter


def workbook(
    *sheets: Sequence[Sequence[Any]],
    at: Mapping[tuple[int, int], Any] | None = None,
    hidden: Iterable[int] = (),
    merged: Mapping[str, str] | None = None,
) -> bytes:
    """Sheets of rows; a cell `("=A1+1", 42)` is a formula with the value that was computed last.

    `at` puts further cells on the first sheet, by zero-based (row, column). In every sheet the rows `hidden`,
    counted from 1, are hidden, and the ranges of `merged` hold the text given.
    """
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for rows in sheets:
        sheet = book.add_worksheet()
        cells = {(r, c): cell for r, row in enumerate(rows) for c, cell in enumerate(row)}
        for (row, column), cell in {**cells, **((at or {}) if rows is sheets[0] else {})}.items():
            if isinstance(cell, tuple):
                sheet.write_formula(row, column, cell[0], None, cell[1])
            else:
                sheet.write(row, column, cell)
        for number in hidden:
            sheet.set_row(number - 1, None, None, {"hidden": True})
        for place, text in (merged or {}).items():
            sheet.merge_range(place, text)
    book.close()
    return out.getvalue()


def repacked(content: bytes, changes: Mapping[str, bytes | None]) -> bytes:
    """The archive with entries replaced, added, or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in changes:
                new.writestr(name, old.read(name))
        for name, data in changes.items():
            if data is not None:
                new.writestr(name, data)
    return out.getvalue()


def declaring(content: bytes, name: str, size: int) -> bytes:
    """The archive whose directory says that the entry `name` is `size` bytes long when unpacked."""
    changed = bytearray(content)
    for header in re.finditer(b"PK\x01\x02", content):
        start = header.start()
        length = struct.unpack_from("<H", content, start + 28)[0]
        if content[start + 46 : start + 46 + length] == name.encode():
            struct.pack_into("<I", changed, start + 24, size)
    assert bytes(changed) != content
    return bytes(changed)
