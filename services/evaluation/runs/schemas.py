"""What crosses the wire about runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ConfigDict

from chassis.schemas import EXAMPLE_STAMPS, In, Names, Out, ResourceOut
from services.evaluation.frameworks.schemas import NodeOut
from services.evaluation.references import NamedObject
from services.evaluation.runs.method import MethodSettings

_METHOD: dict[str, Any] = {
    "normalisation": {
        "method": "min_max",
        "low": "0",
        "high": "100",
        "bounds": "current_set",
        "constant": "missing",
    },
    "ranking": {"ties": "minimum", "tolerance": "1e-12"},
}
_CYCLE: dict[str, Any] = {
    "id": "0198c3a0-6f00-7000-8000-000000000006",
    "code": "DEMO-2012",
    "version": 1,
    "names": {"zh-Hans": "2012 年演示评价", "en": "Demonstration evaluation of 2012"},
}
_FRAMEWORK: dict[str, Any] = {**_CYCLE, "id": "0198c3a0-6f00-7000-8000-000000000003"}


_SUMMARY: dict[str, Any] = {
    **EXAMPLE_STAMPS,
    "cycle": _CYCLE,
    "period": "2012",
    "method": _METHOD,
    "engine_version": "1.0",
    "input_digest": "9f2c7f0c7e1b6c0f4b9d",
    "counts": {"zones": 75, "ranked": 69, "not_ranked": 6},
}


class RunIn(In):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"cycle": "code:DEMO-2012", "method": _METHOD}]}
    )

    cycle: NamedObject
    method: MethodSettings


class FrozenRef(Out):
    """An object as it stood when the run was made."""

    id: UUID
    code: str
    version: int
    names: Names


class FrozenFramework(FrozenRef):
    """The framework as the run used it."""

    nodes: list[NodeOut]


class RunCounts(Out):
    """`zones` = `ranked` + `not_ranked`."""

    zones: int
    ranked: int
    not_ranked: int


class LogOut(Out):
    """One thing that a step did. `subjects` are codes, of zones only those that the caller may see.

    `count` counts all subjects; `text` says it to people where it is a warning.
    """

    step: str
    done: str
    subjects: list[str]
    count: int
    params: dict[str, str | int | float | bool | None]
    warning: bool
    text: Names | None


class RunSummaryOut(ResourceOut):
    """A run without framework and log. Runs never change."""

    model_config = ConfigDict(json_schema_extra={"examples": [{**_SUMMARY, "framework": _FRAMEWORK}]})

    cycle: FrozenRef
    framework: FrozenRef
    period: str
    method: MethodSettings
    engine_version: str
    input_digest: str
    counts: RunCounts


class RunOut(RunSummaryOut):
    """A run with the framework as it was used and the log of its steps."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SUMMARY,
                    "framework": {**_FRAMEWORK, "nodes": []},
                    "warnings": [],
                    "log": [],
                }
            ]
        }
    )

    framework: FrozenFramework
    warnings: list[LogOut]
    log: list[LogOut]
