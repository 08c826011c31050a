"""The report of an import: what became of each row, and where the faults are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ConfigDict

from chassis.imports.sheets import Sheet
from chassis.problems import Issue
from chassis.schemas import Out

Action = Literal["created", "updated", "unchanged", "deleted", "rejected", "skipped"]
MAX_ROWS_SHOWN = 1000


@dataclass(frozen=True)
class Outcome:
    """What became of the row with this number; an issue's `parameter` names the column."""

    number: int
    action: Action
    key: dict[str, Any]
    issues: Sequence[Issue] = field(default=())


class Counts(Out):
    received: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    skipped: int = 0


class RowIssue(Out):
    code: str
    severity: str
    detail: str
    params: dict[str, Any]
    column: str | None
    name: str | None


class ReportRow(Out):
    sheet: str | None
    row: int
    key: dict[str, Any]
    action: Action
    issues: list[RowIssue]


class Report(Out):
    """The six outcomes add up to `received`; `rows` shows the rows with issues, at most 1,000."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "mode": "dry_run",
                    "counts": {
                        "received": 3,
                        "created": 2,
                        "updated": 0,
                        "unchanged": 0,
                        "deleted": 0,
                        "rejected": 1,
                        "skipped": 0,
                    },
                    "rows": [
                        {
                            "sheet": None,
                            "row": 4,
                            "key": {"zone": "SDZ-0042", "indicator": "E1", "period": "2012"},
                            "action": "rejected",
                            "issues": [
                                {
                                    "code": "out_of_range",
                                    "severity": "error",
                                    "detail": "必须在 0–100 之间",
                                    "params": {"given": "482"},
                                    "column": "E",
                                    "name": "value",
                                }
                            ],
                        }
                    ],
                    "rows_left_out": 0,
                }
            ]
        }
    )

    mode: Literal["dry_run", "commit"]
    counts: Counts
    rows: list[ReportRow]
    rows_left_out: int


def make_report(sheet: Sheet, outcomes: Iterable[Outcome], *, commit: bool, language: str) -> Report:
    listed = sorted(outcomes, key=lambda outcome: outcome.number)
    shown = [outcome for outcome in listed if outcome.issues]
    return Report(
        mode="commit" if commit else "dry_run",
        counts=Counts(received=len(listed), **Counter[str](outcome.action for outcome in listed)),
        rows=[_row(sheet, outcome, language) for outcome in shown[:MAX_ROWS_SHOWN]],
        rows_left_out=max(0, len(shown) - MAX_ROWS_SHOWN),
    )


def _row(sheet: Sheet, outcome: Outcome, language: str) -> ReportRow:
    issues = [
        RowIssue(
            code=issue.code,
            severity=issue.severity,
            detail=issue.detail.pick(language),
            params=dict(issue.params),
            column=sheet.letter(issue.parameter) if issue.parameter else None,
            name=issue.parameter,
        )
        for issue in outcome.issues
    ]
    return ReportRow(
        sheet=sheet.name, row=outcome.number, key=outcome.key, action=outcome.action, issues=issues
    )
