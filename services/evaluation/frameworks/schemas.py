"""What crosses the wire about indicators and frameworks."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, field_validator

from chassis.decimals import DecimalString
from chassis.schemas import EXAMPLE_STAMPS, In, Names, Out, ResourceOut
from chassis.text import Code, Name, Text
from services.evaluation.patches import not_null

MAX_NODES = 2000

DirectionName = Literal["higher_is_better", "lower_is_better"]
AggregationName = Literal["arithmetic"]

_ROOT: dict[str, Any] = {
    "code": "SD",
    "parent": None,
    "names": {"zh-Hans": "可持续发展综合指数", "en": "Sustainable development index"},
    "weight": "1",
    "aggregation": "arithmetic",
    "min_available": "0.5",
}
_LEAF: dict[str, Any] = {
    "code": "TERTIARY-SHARE",
    "parent": "SD",
    "names": {"zh-Hans": "第三产业占比", "en": "Share of services in GDP"},
    "weight": "0.35",
    "unit": "%",
    "direction": "higher_is_better",
    "valid_min": "0",
    "valid_max": "100",
    "definition": "Share of the tertiary sector in GDP.",
}
_BODY: dict[str, Any] = {
    "code": "DEMO-2012",
    "names": {"zh-Hans": "演示指标体系 2012", "en": "Demonstration framework 2012"},
    "note": None,
    "nodes": [_ROOT, _LEAF],
}
_NO_MEMBERS = dict.fromkeys(
    ("aggregation", "min_available", "unit", "direction", "valid_min", "valid_max", "definition")
)


class NodeIn(In):
    """A branch states `aggregation` and `min_available`, a leaf `unit` and `direction`.

    `weight` is relative to the siblings; a leaf's code is its indicator's.
    """

    code: Code
    parent: Code | None = None
    names: Names
    weight: DecimalString
    aggregation: AggregationName | None = None
    min_available: DecimalString | None = None
    unit: Name | None = None
    direction: DirectionName | None = None
    valid_min: DecimalString | None = None
    valid_max: DecimalString | None = None
    definition: Text | None = None

    @property
    def is_leaf(self) -> bool:
        return self.aggregation is None and self.min_available is None


class FrameworkIn(In):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_BODY]})

    code: Code
    names: Names
    note: Text | None = None
    nodes: list[NodeIn] = Field(min_length=1, max_length=MAX_NODES)


class FrameworkPatch(In):
    """Members that are absent stay as they are; `nodes` are replaced whole."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"note": "Weights of the second draft"}]}
    )

    names: Names | None = None
    note: Text | None = None
    nodes: list[NodeIn] | None = Field(default=None, min_length=1, max_length=MAX_NODES)

    _required_stay = field_validator("names", "nodes", mode="before")(not_null)


class NodeOut(Out):
    """As it was written down, with the members of a leaf's indicator."""

    code: str
    parent: str | None
    names: Names
    weight: DecimalString
    aggregation: AggregationName | None
    min_available: DecimalString | None
    direction: DirectionName | None
    unit: str | None
    valid_min: DecimalString | None
    valid_max: DecimalString | None
    definition: str | None


class FrameworkSummaryOut(ResourceOut):
    """A framework without its nodes."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    **{name: value for name, value in _BODY.items() if name != "nodes"},
                    "name": "演示指标体系 2012",
                }
            ]
        }
    )

    code: str
    name: str
    names: Names
    note: str | None


class FrameworkOut(FrameworkSummaryOut):
    """A framework with its nodes in the order in which they were given."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **EXAMPLE_STAMPS,
                    **_BODY,
                    "name": "演示指标体系 2012",
                    "nodes": [{**_NO_MEMBERS, **_ROOT}, {**_NO_MEMBERS, **_LEAF}],
                }
            ]
        }
    )

    nodes: list[NodeOut]


_INDICATOR = {
    **EXAMPLE_STAMPS,
    "code": "TERTIARY-SHARE",
    "name": "第三产业占比",
    "names": _LEAF["names"],
    "unit": "%",
    "valid_min": "0",
    "valid_max": "100",
    "definition": "Share of the tertiary sector in GDP.",
}


class IndicatorOut(ResourceOut):
    """An indicator; a bound that is null does not bound."""

    model_config = ConfigDict(json_schema_extra={"examples": [_INDICATOR]})

    code: str
    name: str
    names: Names
    unit: str
    valid_min: DecimalString | None
    valid_max: DecimalString | None
    definition: str | None
