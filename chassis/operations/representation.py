"""Operations as they are answered."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from chassis.operations.states import OperationState
from chassis.schemas import Instant, Out, ProblemOut

OPERATION_EXAMPLE: dict[str, Any] = {
    "id": "evaluation-0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
    "kind": "runs.create",
    "state": "succeeded",
    "progress": {"done": 75, "total": 75, "stage": "stored"},
    "result": {"run": "/api/v1/runs/0198c3a0-6f00-7000-8000-000000000008"},
    "error": None,
    "attempts": 1,
    "cancel_requested": False,
    "created_at": "2026-11-24T08:00:00.000Z",
    "created_by": "person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "started_at": "2026-11-24T08:00:00.120Z",
    "finished_at": "2026-11-24T08:00:04.310Z",
}


class Progress(Out):
    """`done` of `total` (null: not known) in the stage that is at work."""

    done: int
    total: int | None
    stage: str


class OperationOut(Out):
    """Long work. `error` is a problem document: why it failed, or why its last attempt is tried again."""

    model_config = ConfigDict(json_schema_extra={"examples": [OPERATION_EXAMPLE]})

    id: str
    kind: str
    state: OperationState
    progress: Progress
    result: dict[str, Any] | None
    error: ProblemOut | None
    attempts: int
    cancel_requested: bool
    created_at: Instant
    created_by: str
    started_at: Instant | None
    finished_at: Instant | None


def show(row: Any, service: str, language: str) -> OperationOut:
    """A row of `operation`; its error is stored in both languages."""
    return OperationOut(
        id=f"{service}-{row.id}",
        kind=row.kind,
        state=row.state,
        progress=Progress(done=row.done, total=row.total, stage=row.stage),
        result=row.result,
        error=None if row.error is None else ProblemOut.model_validate(row.error[language]),
        attempts=row.attempts,
        cancel_requested=row.cancel_requested_at is not None,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
