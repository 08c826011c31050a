"""The pinned table: one row an operation, one column a role, the expected statuses in a cell.

A cell is one status where the place makes no difference, else three: for a caller whose scope is everywhere,
holds the object, does not hold it. `write_table` makes the file from what was observed; a change of it is to
be read by a person, line by line.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from services.gateway.roles.table import ROLES
from tests.contract.matrix.callers import ANONYMOUS, SCOPES

FILE = Path(__file__).parent / "expected.csv"
COLUMNS = (ANONYMOUS, *ROLES)
Cell = tuple[int, ...]
Row = Mapping[str, Cell]


def read_table() -> dict[str, Row]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["operation"]: {column: _cell(row[column]) for column in COLUMNS}
            for row in csv.DictReader(file)
        }


def write_table(rows: Mapping[str, Row]) -> None:
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["operation", *COLUMNS])
        for operation, row in sorted(rows.items()):
            writer.writerow([operation, *(" ".join(map(str, row[column])) for column in COLUMNS)])


def _cell(text: str) -> Cell:
    return tuple(int(part) for part in text.split())


def folded(by_scope: Mapping[str, int]) -> Cell:
    """What was observed by scope, as a cell."""
    statuses = tuple(by_scope[scope] for scope in SCOPES if scope in by_scope)
    return statuses[:1] if len(set(statuses)) == 1 else statuses
