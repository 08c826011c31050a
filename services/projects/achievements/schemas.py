"""Achievements on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from chassis.schemas import EXAMPLE_STAMPS, In
from chassis.text import Text
from services.projects.record_schemas import (
    ZONE_EXAMPLE,
    RecordEntry,
    RecordOut,
    RecordPatch,
    Year,
)

_BODY: dict[str, Any] = {
    "code": "ACH-0040",
    "title": "湖滨湿地生态修复技术",
    "zone": "code:SDZ-0012",
    "field": "生态",
    "owner": None,
    "applicable_conditions": "浅水湖泊",
    "year": 2018,
    "catalogue": "国务院批复中的集成应用技术",
    "source": "S26",
    "note": None,
}


class AchievementMembers(In):
    """What may be missing of an achievement."""

    field: Text | None = None
    owner: Text | None = None
    applicable_conditions: Text | None = None
    year: Year | None = None
    catalogue: Text | None = None
    source: Text | None = Field(default=None, description="Codes of sources, separated by `;`")
    note: Text | None = None


class AchievementEntry(AchievementMembers, RecordEntry):
    """An achievement as it is entered; also a row of an import."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_BODY]})


class AchievementPatch(AchievementMembers, RecordPatch):
    """Merge patch of an achievement."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"owner": "某研究所", "note": None}]}
    )


class AchievementOut(RecordOut):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                EXAMPLE_STAMPS | _BODY | {"zone": ZONE_EXAMPLE, "division_path": ["340000", "340400"]}
            ]
        },
    )

    owner: str | None
    applicable_conditions: str | None
    catalogue: str | None
