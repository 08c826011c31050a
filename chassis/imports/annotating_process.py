"""Marks faults in an uploaded workbook, in a process of its own with little memory and time.

Standard input is a line of JSON (what to mark) and the file, standard output the new file. Run as a file;
knows nothing of the project.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import Any

import msgspec
from openpyxl import load_workbook  # type: ignore[import-untyped]  # it has no types
from openpyxl.comments import Comment  # type: ignore[import-untyped]  # it has no types
from openpyxl.styles import PatternFill  # type: ignore[import-untyped]  # it has no types

_WRONG = PatternFill("solid", fgColor="FFFFC7CE")


def main() -> None:
    asked: dict[str, Any] = msgspec.json.decode(sys.stdin.buffer.readline())
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()))
    sheet = book.worksheets[0]
    said: dict[str, list[str]] = {}
    for row, letter, text in asked["marks"]:
        said.setdefault(f"{letter or 'A'}{row}", []).append(text)
    for place, texts in said.items():
        cell = sheet[place]
        if hasattr(cell, "fill") and type(cell).__name__ == "Cell":  # not what a merge covers
            cell.fill = _WRONG
            cell.comment = Comment("\n".join(texts), "SDZ", height=120, width=240)
    summary = book.create_sheet(asked["title"])
    for number, line in enumerate(asked["table"], start=1):
        for column, value in enumerate(line, start=1):
            cell = summary.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a heading that begins with = is no formula here
    out = io.BytesIO()
    book.save(out)
    sys.stdout.buffer.write(out.getvalue())


if __name__ == "__main__":
    main()
