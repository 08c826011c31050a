"""Zones on the wire."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.decimals import DecimalString
from chassis.schemas import EXAMPLE_STAMPS, ExternalId, In, Names, Out, ResourceOut
from chassis.text import Code, Name, Text
from chassis.words import Words
from services.registry.divisions.schemas import DivisionCode, DivisionRef, Edition
from services.registry.zones.vocabulary import ExitReason, Kind, Relation, State, Tier

_ZERO = Decimal(0)
Year = Annotated[int, Field(ge=1980, le=2100)]


class DivisionChoice(In):
    """A division named by its code in an edition."""

    code: DivisionCode
    edition: Edition


class Point(In):
    """WGS 84 degrees."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    longitude: DecimalString
    latitude: DecimalString

    @model_validator(mode="after")
    def _on_earth(self) -> Point:
        if not (-180 <= self.longitude <= 180 and -90 <= self.latitude <= 90):
            words = Words("经纬度超出范围", "Longitude or latitude is out of range")
            raise PydanticCustomError("out_of_range", words.en, {"words": words})
        return self


class ZoneFields(In):
    """What may be written at any time; state is output only."""

    names: Names
    tier: Tier | None = None
    kind: Kind | None = None
    programme: Code | None = None
    division: DivisionChoice
    division_relation: Relation = "same"
    approved_year: Year | None = None
    approved_batch: Text | None = None
    advanced_demonstration_since: Year | None = None
    theme: Text | None = None
    point: Point | None = None
    external_ids: list[ExternalId] = Field(default_factory=list, max_length=50)
    source: Text | None = None
    note: Text | None = None


_BODY: dict[str, Any] = {
    "code": "SDZ-0018",
    "names": {"zh-Hans": "江苏省盐城市国家可持续发展实验区", "en": "Yancheng City, Jiangsu"},
    "tier": "national",
    "kind": "prefecture_city",
    "programme": "sdz",
    "division": {"code": "320900", "edition": "202609"},
    "division_relation": "same",
    "approved_year": 2013,
    "theme": "沿海资源保护开发与区域发展协同推进",
    "point": {"longitude": "120.163107", "latitude": "33.347708"},
    "external_ids": [{"system": "most", "value": "2013-018"}],
    "source": "S12;S13",
}


class ZoneCreate(ZoneFields):
    """`opening_state` is the state with which a zone that has a past enters the registry."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_BODY]})

    code: Code
    opening_state: Literal["candidate", "operating"] = "operating"


class ZonePatch(In):
    """Merge patch (RFC 7396): members that are absent stay, null empties."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"theme": "绿色发展", "approved_batch": None}]}
    )

    names: Names | None = None
    tier: Tier | None = None
    kind: Kind | None = None
    programme: Code | None = None
    division: DivisionChoice | None = None
    division_relation: Relation | None = None
    approved_year: Year | None = None
    approved_batch: Text | None = None
    advanced_demonstration_since: Year | None = None
    theme: Text | None = None
    point: Point | None = None
    external_ids: list[ExternalId] | None = Field(default=None, max_length=50)
    source: Text | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _required_stay(self) -> ZonePatch:
        for name in ("names", "division", "division_relation", "external_ids"):
            if name in self.model_fields_set and getattr(self, name) is None:
                words = Words(f"{name} 不得为空", f"{name} must not be null")
                raise PydanticCustomError("required", words.en, {"words": words})
        return self


class ZoneRow(In):
    """One row of an import. `state` and the exit are taken over for zones that enter with a past.

    The row says how the zone is from `effective_date` on (today, if none is given).
    """

    code: Code
    name_zh: Name
    name_en: Name | None = None
    tier: Tier | None = None
    kind: Kind | None = None
    programme: Code | None = None
    state: State = "operating"
    division_code: DivisionCode
    division_edition: Edition
    division_relation: Relation = "same"
    approved_year: Year | None = None
    approved_batch: Text | None = None
    advanced_demonstration_since: Year | None = None
    exited_year: Year | None = None
    exit_reason: ExitReason | None = None
    theme: Text | None = None
    longitude: DecimalString | None = None
    latitude: DecimalString | None = None
    source: Text | None = None
    note: Text | None = None
    effective_date: date | None = None

    @model_validator(mode="after")
    def _whole(self) -> ZoneRow:
        checks: tuple[tuple[bool, str, Words], ...] = (
            ((self.state == "exited") == (self.exit_reason is not None), "exit_has_reason",
             Words("退出须有原因, 且只有退出才有原因", "An exit has a reason, and only an exit has one")),
            (self.exited_year is None or self.state == "exited", "exit_year_of_exited",
             Words("只有退出的实验区才有退出年份", "Only a zone that has left has a year of exit")),
            ((self.longitude is None) == (self.latitude is None), "point_is_whole",
             Words("经度与纬度须同时给出", "Longitude and latitude come together")),
            (abs(self.longitude or _ZERO) <= 180 and abs(self.latitude or _ZERO) <= 90, "out_of_range",
             Words("经纬度超出范围", "Longitude or latitude is out of range")),
        )  # fmt: skip
        for holds, code, words in checks:
            if not holds:
                raise PydanticCustomError("zone_row", words.en, {"words": words, "code": code})
        return self


class ZoneOut(ResourceOut):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    **_BODY,
                    "name": "江苏省盐城市国家可持续发展实验区",
                    "state": "operating",
                    "division": {
                        "code": "320900",
                        "system": "gbt2260",
                        "edition": "202609",
                        "name": "盐城市",
                    },
                    "division_path": ["320000", "320900"],
                    "approved_batch": None,
                    "advanced_demonstration_since": None,
                    "exited_year": None,
                    "exit_reason": None,
                    "note": None,
                }
            ]
        }
    )

    code: str
    name: str
    names: Names
    tier: Tier | None
    kind: Kind | None
    programme: str | None
    state: State
    division: DivisionRef
    division_relation: Relation
    division_path: list[str]
    approved_year: int | None
    approved_batch: str | None
    advanced_demonstration_since: int | None
    exited_year: int | None
    exit_reason: ExitReason | None
    theme: str | None
    point: Point | None
    external_ids: list[ExternalId]
    source: str | None
    note: str | None


class Feature(Out):
    """A zone on the map (RFC 7946); `geometry` is null where no point is known."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, Any] | None
    properties: dict[str, Any]


class FeatureCollection(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "FeatureCollection",
                    "features": [
                        {
                            "type": "Feature",
                            "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
                            "geometry": {"type": "Point", "coordinates": [120.163107, 33.347708]},
                            "properties": {"code": "SDZ-0018", "name": "江苏省盐城市国家可持续发展实验区"},
                        }
                    ],
                    "numberReturned": 1,
                    "links": [],
                }
            ]
        }
    )

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]
    numberReturned: int  # noqa: N815  # the name that OGC API Features fixes
    links: list[dict[str, str]]
