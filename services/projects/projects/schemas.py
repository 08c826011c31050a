"""Projects on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.decimals import DecimalString
from chassis.schemas import EXAMPLE_STAMPS, In
from chassis.text import Text
from services.projects.projects.rules import amount_fault
from services.projects.record_schemas import (
    ZONE_EXAMPLE,
    RecordEntry,
    RecordOut,
    RecordPatch,
    Year,
)

Budget = Annotated[DecimalString, Field(ge=Decimal(0))]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]

_BODY: dict[str, Any] = {
    "code": "PRJ-0004",
    "title": "焦岗湖景观大道项目",
    "zone": "code:SDZ-0012",
    "field": "基础设施",
    "year": 2009,
    "organisation": None,
    "programme": None,
    "budget": "6000000",
    "currency": "CNY",
    "source": "S31",
    "note": "to be completed by the end of the year of the report",
}


class ProjectMembers(In):
    """What may be missing of a project."""

    field: Text | None = None
    year: Year | None = None
    organisation: Text | None = None
    programme: Text | None = None
    budget: Budget | None = None
    currency: Currency | None = Field(default=None, validate_default=True, description="ISO 4217")
    source: Text | None = Field(default=None, description="Codes of sources, separated by `;`")
    note: Text | None = None


class ProjectEntry(ProjectMembers, RecordEntry):
    """A project as it is entered; also a row of an import."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_BODY]})

    @field_validator("currency")
    @classmethod
    def _amount_is_whole(cls, currency: str | None, info: ValidationInfo) -> str | None:
        # a budget that was refused by itself is not there, and nothing can be said about the pair
        words = amount_fault(info.data["budget"], currency) if "budget" in info.data else None
        if words is not None:
            raise PydanticCustomError("incomplete_amount", words.en, {"words": words})
        return currency


class ProjectPatch(ProjectMembers, RecordPatch):
    """Merge patch of a project."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"programme": "国家重点研发计划", "note": None}]}
    )


class ProjectOut(RecordOut):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                EXAMPLE_STAMPS | _BODY | {"zone": ZONE_EXAMPLE, "division_path": ["340000", "340400"]}
            ]
        },
    )

    organisation: str | None
    programme: str | None
    budget: DecimalString | None
    currency: str | None
