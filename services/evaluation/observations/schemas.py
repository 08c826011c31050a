"""What crosses the wire about observations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from chassis.calendar import Period
from chassis.decimals import DecimalString
from chassis.schemas import EXAMPLE_STAMPS, In, ResourceOut
from chassis.text import Code, Name, Text
from services.evaluation.cycles.schemas import CodedRef
from services.evaluation.observations.rules import value_fault
from services.evaluation.patches import not_null
from services.evaluation.zones import ZoneRef

Status = Literal["reported", "estimated", "not_available", "not_applicable", "confidential", "pending"]
STATUSES: tuple[str, ...] = get_args(Status)


class ObservationRow(In):
    """A row of an import; zone and indicator by code, `code:…`, `ext:…` or id."""

    zone: Name
    indicator: Name
    period: Period
    status: Status
    value: DecimalString | None = Field(default=None, validate_default=True)
    reference_division: Code | None = None
    source: Text | None = None
    note: Text | None = None

    @field_validator("value")
    @classmethod
    def _goes_with_status(cls, value: Decimal | None, info: ValidationInfo) -> Decimal | None:
        fault = value_fault(info.data["status"], value) if "status" in info.data else None
        if fault is not None:
            code, words = fault
            raise PydanticCustomError(code, words.en, {"words": words})
        return value


class ObservationPatch(In):
    """A correction: members that are absent stay, null empties."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"value": "77.12", "note": "corrected by the statistics office"}]},
    )

    status: Status | None = None
    value: DecimalString | None = None
    reference_division: Code | None = None
    source: Text | None = None
    note: Text | None = None

    _required_stay = field_validator("status", mode="before")(not_null)


ZONE_EXAMPLE: dict[str, Any] = {
    "id": "0198c3a0-6f00-7000-8000-000000000004",
    "code": "SDZ-0001",
    "name": "北京市西城区国家可持续发展先进示范区",
    "names": {"zh-Hans": "北京市西城区国家可持续发展先进示范区", "en": "Xicheng District, Beijing"},
}


class ObservationOut(ResourceOut):
    """`value` is non-null exactly when `status` is reported or estimated.

    `stands_in`: the figure is about another division than the zone's own, named by `reference_division`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    "zone": ZONE_EXAMPLE,
                    "indicator": {"id": "0198c3a0-6f00-7000-8000-000000000005", "code": "TERTIARY-SHARE"},
                    "period": "2012",
                    "period_start": "2012-01-01",
                    "period_end": "2013-01-01",
                    "status": "estimated",
                    "value": "76.46",
                    "unit": "%",
                    "reference_division": "110000",
                    "stands_in": True,
                    "source": "S-CITY",
                    "note": "stands in: figures of 北京市",
                }
            ]
        }
    )

    zone: ZoneRef
    indicator: CodedRef
    period: str
    period_start: date
    period_end: date
    status: Status
    value: DecimalString | None
    unit: str
    reference_division: str | None
    stands_in: bool
    source: str | None
    note: str | None
