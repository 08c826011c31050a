"""Reading CSV, NDJSON and XLSX into rows of text, within bounds; formulas are never evaluated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chassis.imports.cells import Sheet
from chassis.imports.text_sheets import csv_sheet, ndjson_sheet
from chassis.imports.workbooks import xlsx_sheet
from chassis.problems import UnsupportedMediaType
from chassis.words import Words

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_READERS: Final[dict[str, Callable[[bytes, Callable[[str], str]], Sheet]]] = {
    CSV: csv_sheet,
    NDJSON: ndjson_sheet,
    "application/jsonl": ndjson_sheet,
    XLSX: xlsx_sheet,
}


def kind_of(media_type: str) -> str:
    """The media type without its parameters; raises UnsupportedMediaType (415) for one that is not read."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in _READERS:
        listed = ", ".join((CSV, NDJSON, XLSX))
        raise UnsupportedMediaType(Words(f"可用: {listed}", f"Use one of {listed}"))
    return kind


def read_sheet(content: bytes, media_type: str, rename: Callable[[str], str] = str) -> Sheet:
    """The rows of a file, of the first sheet of a workbook; `rename` says which column a heading means.

    Raises 415, 413 (rows, columns, cells, decompressed size) or 400 for a broken file; while the rows are
    read too. Works in the calling thread.
    """
    return _READERS[kind_of(media_type)](content, rename)
