"""Rows as a file: written to a file as they come, so that memory does not grow with them."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any, Final, Literal, Protocol

import msgspec
import xlsxwriter

from chassis.imports.neutral import neutralised
from chassis.imports.sheets import CSV, NDJSON, XLSX

Format = Literal["csv", "xlsx", "ndjson"]
MEDIA_TYPES: Final[dict[str, str]] = {"csv": CSV, "xlsx": XLSX, "ndjson": NDJSON}


class Writer(Protocol):
    """Takes the rows one after another, then ends the file."""

    def write(self, values: Sequence[Any]) -> None: ...

    def close(self) -> None: ...

    def discard(self) -> None:
        """What was begun is not wanted any more."""


class _Csv:
    """UTF-8 with a byte order mark, without which spreadsheets in China take it for GB18030."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
        self._writer = csv.writer(self._text, lineterminator="\r\n")
        self._writer.writerow(columns)

    def write(self, values: Sequence[Any]) -> None:
        self._writer.writerow([neutralised(value) for value in values])

    def close(self) -> None:
        self._text.flush()
        self._text.detach()

    def discard(self) -> None:
        self._text.detach()


class _Ndjson:
    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        self._file, self._columns = file, columns

    def write(self, values: Sequence[Any]) -> None:
        plain = [_plain(value) for value in values]
        self._file.write(msgspec.json.encode(dict(zip(self._columns, plain, strict=True))) + b"\n")

    def close(self) -> None:
        """Nothing is left to be written."""

    def discard(self) -> None:
        """Nothing is left anywhere."""


class _Xlsx:
    """Every cell is text: a spreadsheet would keep a number as a binary float and lose digits."""

    def __init__(self, file: IO[bytes], columns: Sequence[str]) -> None:
        # the library leaves its files where they are unless the book is completed
        self._folder = tempfile.TemporaryDirectory(prefix="export-")
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "tmpdir": self._folder.name,
        }
        self._book = xlsxwriter.Workbook(file, options)
        self._sheet, self._row = self._book.add_worksheet(), 0
        self.write(columns)

    def write(self, values: Sequence[Any]) -> None:
        for column, value in enumerate(values):
            if value is not None:
                self._sheet.write_string(self._row, column, neutralised(value))
        self._row += 1

    def close(self) -> None:
        self._book.close()
        self._folder.cleanup()

    def discard(self) -> None:
        self._folder.cleanup()


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


WRITERS: Final[dict[str, Callable[[IO[bytes], Sequence[str]], Writer]]] = {
    "csv": _Csv,
    "xlsx": _Xlsx,
    "ndjson": _Ndjson,
}
