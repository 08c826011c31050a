"""What crosses the wire about cycles."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ConfigDict, field_validator

from chassis.calendar import Period
from chassis.schemas import EXAMPLE_STAMPS, In, Names, Out, ResourceOut
from chassis.text import Code
from services.evaluation.patches import not_null
from services.evaluation.references import NamedObject

_BODY: dict[str, Any] = {
    "code": "DEMO-2012",
    "names": {"zh-Hans": "2012 年演示评价", "en": "Demonstration evaluation of 2012"},
    "framework": "code:DEMO-2012",
    "period": "2012",
}


class CycleIn(In):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_BODY]})

    code: Code
    names: Names
    framework: NamedObject
    period: Period


class CyclePatch(In):
    """Members that are absent stay as they are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"period": "2012-H1"}]})

    names: Names | None = None
    framework: NamedObject | None = None
    period: Period | None = None

    _required_stay = field_validator("*", mode="before")(not_null)


class CodedRef(Out):
    """Another object, by id and code."""

    id: UUID
    code: str


class CycleOut(ResourceOut):
    """A cycle; its period runs from `period_start` until before `period_end`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    **_BODY,
                    "name": "2012 年演示评价",
                    "framework": {"id": "0198c3a0-6f00-7000-8000-000000000003", "code": "DEMO-2012"},
                    "period_start": "2012-01-01",
                    "period_end": "2013-01-01",
                }
            ]
        }
    )

    code: str
    name: str
    names: Names
    framework: CodedRef
    period: str
    period_start: date
    period_end: date
