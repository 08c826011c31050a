"""The report of an import: what became, or would become, of each row, and where the faults are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from pydantic import ConfigDict

from chassis.imports.cells import column_letter
from chassis.imports.kept_rows import Action, KeptIssue, KeptRow
from chassis.schemas import Instant, Out

Atomicity = Literal["all_or_nothing", "per_group"]
MAX_ROWS_SHOWN: Final = 1000


class Counts(Out):
    """The six outcomes add up to `received`."""

    received: int
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    rejected: int = 0
    skipped: int = 0


class RowIssue(Out):
    """`column` is the spreadsheet's letter, `heading` what stands in the header, `name` the member."""

    code: str
    severity: str
    detail: str
    params: dict[str, Any]
    column: str | None
    heading: str | None
    name: str | None


class ReportRow(Out):
    """`row` is the number that a person sees in the sheet, or the line of an NDJSON file."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
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
                            "heading": "数值",
                            "name": "value",
                        }
                    ],
                }
            ]
        }
    )

    sheet: str | None
    row: int
    key: dict[str, Any]
    action: Action
    issues: list[RowIssue]


_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a09",
    "mode": "dry_run",
    "atomicity": "all_or_nothing",
    "counts": {
        "received": 3,
        "created": 2,
        "updated": 0,
        "unchanged": 0,
        "deleted": 0,
        "rejected": 1,
        "skipped": 0,
    },
    "rows": ReportRow.model_config["json_schema_extra"]["examples"],  # type: ignore[index]  # as written above
    "rows_left_out": 0,
    "plan_digest": "sha-256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "annotated_file": "/api/v1/observations/imports/0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a09/annotated.xlsx",
    "created_at": "2026-11-24T08:00:00.000Z",
    "expires_at": "2026-11-25T08:00:00.000Z",
    "committed_at": None,
}


class Report(Out):
    """`mode` is `dry_run` for a plan, `commit` once it is done. `rows` are those with issues, at most 1,000.

    `plan_digest` covers keys, base versions and values: two plans of one digest do the same. Of an import
    that was refused nothing is kept: it has no id and no file.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: UUID | None
    mode: Literal["dry_run", "commit"]
    atomicity: Atomicity
    counts: Counts
    rows: list[ReportRow]
    rows_left_out: int
    plan_digest: str
    annotated_file: str | None
    created_at: Instant | None
    expires_at: Instant | None
    committed_at: Instant | None


def show_counts(counts: Mapping[str, int]) -> Counts:
    outcomes = {name: counts.get(name, 0) for name in Counts.model_fields if name != "received"}
    return Counts(received=sum(outcomes.values()), **outcomes)


class Layout:
    """Where the columns stand in the sheet."""

    def __init__(self, sheet: str | None, header: list[str] | None, shown: list[str] | None) -> None:
        self.sheet = sheet
        self.places = {name: index for index, name in enumerate(header or ())}
        self.shown = shown or []

    def show(self, rows: Iterable[KeptRow], language: str) -> list[ReportRow]:
        return [
            ReportRow(
                sheet=self.sheet,
                row=row.number,
                key=row.key,
                action=row.action,
                issues=[self._issue(issue, language) for issue in row.issues],
            )
            for row in rows
        ]

    def _issue(self, issue: KeptIssue, language: str) -> RowIssue:
        place = self.places.get(issue.parameter or "")
        return RowIssue(
            code=issue.code,
            severity=issue.severity,
            detail=issue.en if language == "en" else issue.zh,
            params=issue.params,
            column=None if place is None else column_letter(place),
            heading=None if place is None else self.shown[place],
            name=issue.parameter,
        )
