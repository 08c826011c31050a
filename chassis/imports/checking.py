"""What can be said of a row without the database: its header, its schema, whether its key stands twice."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

import msgspec
from pydantic import ValidationError

from chassis.imports.cells import Sheet, SheetRow
from chassis.imports.importer import Importer, Numbered, R
from chassis.imports.kept_rows import KeptRow, kept
from chassis.imports.text_sheets import printable
from chassis.problem_responses import issue_from_pydantic
from chassis.problems import Issue
from chassis.text import is_clean
from chassis.words import Words


@dataclass(frozen=True)
class Checked(Generic[R]):
    """A row that passed, with what the report shows of it. `notes` are warnings."""

    item: Numbered[R]
    key: Mapping[str, str]
    group: str
    notes: Sequence[Issue]


class Checking(Generic[R]):
    """The checks of one sheet; it remembers the keys that it has seen, 16 bytes each."""

    def __init__(self, importer: Importer[R], sheet: Sheet) -> None:
        self._importer = importer
        self._faults = [] if sheet.header is None else header_faults(sheet.header, importer.row)
        self._seen: dict[bytes, int] = {}

    def of_header(self) -> list[KeptRow]:
        """For a sheet without rows: a wrong header would pass as an empty sheet."""
        key = dict.fromkeys(self._importer.key, "")
        return [kept(1, "rejected", key, "", self._faults)] if self._faults else []

    def check(self, lines: Sequence[SheetRow]) -> tuple[list[KeptRow], list[Checked[R]]]:
        """The rows that are rejected, and those that may be judged."""
        rejected: list[KeptRow] = []
        passed: list[Checked[R]] = []
        importer = self._importer
        for line in lines:
            key = {name: line.cells.get(name, "") for name in importer.key}
            group = group_of(line.cells.get(importer.group, "")) if importer.group else ""
            row, issues = self._row(line)
            if row is not None:
                given = tuple(getattr(row, name) for name in importer.key)
                issues = [*issues, *self._repeated(b"given", given, line.number)]
            if row is None or any(issue.severity == "error" for issue in issues):
                rejected.append(kept(line.number, "rejected", key, group, issues))
            else:
                passed.append(Checked(Numbered(line.number, row), key, group, issues))
        return rejected, passed

    def repeated(self, number: int, values: Mapping[str, Any]) -> list[Issue]:
        """A fault if an earlier row means the same object, however it names it."""
        importer = self._importer
        if importer.key == importer.stored_key:
            return []
        return self._repeated(b"meant", tuple(values[name] for name in importer.stored_key), number)

    def _row(self, line: SheetRow) -> tuple[R | None, list[Issue]]:
        if self._faults:
            return None, self._faults
        issues = list(line.issues)
        if any(issue.severity == "error" and issue.parameter is None for issue in issues):
            return None, issues
        given = {name: text for name, text in line.cells.items() if text}
        told = {issue.parameter for issue in issues}
        try:
            row = self._importer.row.model_validate(given)
        except ValidationError as error:
            found = [_column_issue(issue_from_pydantic(item)) for item in error.errors()]
            return None, issues + [issue for issue in found if issue.parameter not in told]
        return row, issues

    def _repeated(self, what: bytes, identity: tuple[Any, ...], number: int) -> list[Issue]:
        content = what + msgspec.msgpack.encode(identity, enc_hook=str)
        first = self._seen.setdefault(hashlib.blake2b(content, digest_size=16).digest(), number)
        if first == number:
            return []
        words = Words(f"与第 {first} 行的键重复", f"The same key as in row {first}")
        return [Issue("duplicate_key", words, parameter=self._importer.key[0], params={"row": first})]


def header_faults(header: Sequence[str], row: type[Any]) -> list[Issue]:
    """Columns that nobody knows, and required ones that are not there."""
    fields = row.model_fields
    unknown = [name for name in header if name not in fields]
    missing = [name for name, field in fields.items() if field.is_required() and name not in header]
    faults = [_header_issue("unknown_column", Words("未知的列", "Unknown column"), name) for name in unknown]
    return faults + [
        _header_issue("missing_column", Words("缺少列", "Missing column"), name) for name in missing
    ]


def _header_issue(code: str, words: Words, name: str) -> Issue:
    return Issue(code, Words(f"{words.zh} {name[:60]}", f"{words.en} {name[:60]}"), parameter=name[:60])


def group_of(text: str) -> str:
    """Rows are of one group that name it by the same text, with `code:` or without."""
    shown = printable(text) if not is_clean(text) else text
    return shown.strip().removeprefix("code:")


def _column_issue(issue: Issue) -> Issue:
    """A pointer's first part is the column."""
    name = (issue.pointer or "#").removeprefix("#/").split("/")[0].removeprefix("#")
    return Issue(issue.code, issue.detail, parameter=name or None, params=issue.params)
