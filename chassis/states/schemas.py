"""Transitions on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from chassis.schemas import In, Instant, Out
from chassis.text import Code, Name, Text

_ENTRY: dict[str, Any] = {
    "action": "exit",
    "from_state": "operating",
    "to_state": "exited",
    "version": 4,
    "actor": "person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "effective_date": "2026-11-01",
    "comment": "所在区划撤销",
    "reason": "division_change",
    "items": [],
    "recorded_at": "2026-11-24T08:00:00.000Z",
}


class TransitionItem(In):
    """An opinion on one part of the object."""

    pointer: Annotated[str, StringConstraints(max_length=300, pattern=r"^#(/|$)")]
    reason_code: Code
    comment: Text | None = None


class TransitionIn(In):
    """An action; what it needs besides, `GET …/transitions` says under `requires` and `reasons`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"action": "exit", "reason": "division_change", "comment": "所在区划撤销"}]
        },
    )

    action: Name
    comment: Text | None = None
    reason: Name | None = None
    items: list[TransitionItem] = Field(default_factory=list, max_length=200)
    effective_date: date | None = None


class AllowedAction(Out):
    action: str
    label: str
    requires: list[str]
    reasons: list[str]


class DeniedReason(Out):
    code: str
    message: str
    params: dict[str, Any]


class DeniedAction(Out):
    action: str
    label: str
    reasons: list[DeniedReason]


class StepOut(Out):
    """A transition that has happened."""

    action: str
    from_state: str
    to_state: str
    version: int
    actor: str
    effective_date: date
    comment: str | None
    reason: str | None
    items: list[dict[str, Any]]
    recorded_at: Instant


class TransitionsOut(Out):
    """What the caller may do with the object now, why not the rest, and what has happened, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "state": "exited",
                    "version": 4,
                    "allowed": [
                        {
                            "action": "reinstate",
                            "label": "恢复",
                            "requires": ["comment"],
                            "reasons": [],
                        }
                    ],
                    "denied": [
                        {
                            "action": "exit",
                            "label": "退出",
                            "reasons": [
                                {
                                    "code": "wrong_state",
                                    "message": "当前状态为“退出”, 需为“申报、运行”",
                                    "params": {"state": "exited", "before": ["candidate", "operating"]},
                                }
                            ],
                        }
                    ],
                    "steps": [_ENTRY],
                }
            ]
        }
    )

    state: str
    version: int
    allowed: list[AllowedAction]
    denied: list[DeniedAction]
    steps: list[StepOut]
