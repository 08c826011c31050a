"""What every kind of sheet is read into: rows of text with the numbers that a person sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from chassis.imports.neutral import restored
from chassis.problems import Issue, MalformedRequest, PayloadTooLarge
from chassis.words import Words

MAX_ROWS: Final = 200_000
MAX_COLUMNS: Final = 200
MAX_CELL_CHARACTERS: Final = 32_767  # as many as a spreadsheet holds

# Faults of a cell or a row that are known before its content is looked at.
FAULTS: Final[Mapping[str, tuple[str, Words]]] = {
    "formula_not_accepted": (
        "error",
        Words("不接受公式, 请粘贴为数值", "Formulas are not accepted; paste the value"),
    ),
    "merged_cell": (
        "error",
        Words("不接受合并单元格, 请拆分并逐格填写", "Merged cells are not accepted; fill in each cell"),
    ),
    "hidden_row": ("warning", Words("该行在工作表中被隐藏", "The row is hidden in the sheet")),
    "cell_too_long": (
        "error",
        Words(f"单元格至多 {MAX_CELL_CHARACTERS} 字", f"At most {MAX_CELL_CHARACTERS} characters in a cell"),
    ),
    "malformed_json": ("error", Words("该行不是有效的 JSON 对象", "The line is no valid JSON object")),
    "not_a_scalar": (
        "error",
        Words("应为文字、数字、布尔或 null", "Must be a text, a number, a boolean or null"),
    ),
}


@dataclass(frozen=True)
class Line:
    """A row as its reader found it; `marks` are (column or None for the whole row, code of the fault)."""

    number: int
    cells: Sequence[str]
    marks: Sequence[tuple[int | None, str]] = ()


@dataclass(frozen=True)
class SheetRow:
    """`number` is the row as a person sees it in the sheet (the header is usually 1)."""

    number: int
    cells: Mapping[str, str]
    issues: Sequence[Issue] = ()


@dataclass
class Sheet:
    """`header` names the columns, `shown` is the header as it stands in the sheet; both None without one.

    `rows` can be read once; `close` ends what still works on them.
    """

    name: str | None
    header: list[str] | None
    shown: list[str] | None
    rows: Iterator[SheetRow]
    close: Callable[[], None] = field(default=lambda: None)


def column_letter(index: int) -> str:
    """The column's letter as a spreadsheet shows it; 0 is A."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def fault(code: str, parameter: str | None, **params: object) -> Issue:
    severity, words = FAULTS[code]
    return Issue(code, words, parameter=parameter, severity=severity, params=params)


def with_header(
    name: str | None, lines: Iterable[Line], rename: Callable[[str], str], close: Callable[[], None]
) -> Sheet:
    """The sheet whose first line that is not empty is the header; `rename` says which column a heading means.

    Raises MalformedRequest for a header that is missing, too wide or names a column twice.
    """
    following = iter(lines)
    first = next((line for line in following if any(cell.strip() for cell in line.cells)), Line(0, ()))
    shown = [cell.strip() for cell in first.cells]
    while shown and not shown[-1]:
        shown.pop()
    header = [rename(cell) for cell in shown]
    if not header or len(header) > MAX_COLUMNS or len(set(header)) != len(header):
        raise broken("表头缺失、重复或过宽", "The header is missing, repeats a name or is too wide")
    if any(code != "hidden_row" for _, code in first.marks):
        raise broken("表头含公式或合并单元格", "The header has formulas or merged cells")
    return Sheet(name, header, shown, bounded(_rows(header, following)), close)


def _rows(header: list[str], lines: Iterable[Line]) -> Iterator[SheetRow]:
    width = len(header)
    for line in lines:
        cells = [cell.strip() for cell in line.cells]
        if not (any(cells) or any(code != "hidden_row" for _, code in line.marks)):
            continue
        if any(cells[width:]):
            raise broken(
                f"第 {line.number} 行的列多于表头", f"Row {line.number} has more columns than the header"
            )
        cells = [restored(cell) for cell in cells]
        issues = [_issue(header, line.number, column, code) for column, code in line.marks]
        for column, cell in enumerate(cells):
            if len(cell) > MAX_CELL_CHARACTERS:
                issues.append(_issue(header, line.number, column, "cell_too_long"))
                cells[column] = cell[:100]
        yield SheetRow(line.number, dict(zip(header, cells, strict=False)), issues)


def _issue(header: list[str], number: int, column: int | None, code: str) -> Issue:
    if column is None:
        return fault(code, None)
    named = header[column] if column < len(header) else None
    return fault(code, named, cell=f"{column_letter(column)}{number}")


def bounded(rows: Iterable[SheetRow]) -> Iterator[SheetRow]:
    """The rows; raises PayloadTooLarge (413) at the first one too many."""
    for count, row in enumerate(rows):
        if count >= MAX_ROWS:
            raise PayloadTooLarge(
                Words(f"至多 {MAX_ROWS} 行", f"At most {MAX_ROWS} rows"), members={"limit_rows": MAX_ROWS}
            )
        yield row


def broken(zh: str, en: str) -> MalformedRequest:
    return MalformedRequest(Words(zh, en))
