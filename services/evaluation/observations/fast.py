"""The hot reads of values: one observation, and a page of them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import String, cast
from sqlalchemy.dialects.postgresql import array

from chassis.base_tables import replica
from chassis.calendar import bounds
from chassis.fast.shape import Computed, Shape
from services.evaluation.frameworks.models import Indicator
from services.evaluation.observations.models import Observation
from services.evaluation.observations.schemas import ObservationOut
from services.evaluation.zones import stands_in

_bounds = lru_cache(maxsize=1024)(bounds)
_NAMES = replica.c.resource["names"]
_DIVISION = replica.c.resource["division"]


def _zone(stored: list[str | None], language: str) -> dict[str, Any]:
    identity, code, zh, en = stored
    name = en if language == "en" and en else zh
    return {"id": identity, "code": code, "name": name, "names": {"zh-Hans": zh, "en": en}}


def _indicator(stored: list[str], _language: str) -> dict[str, str]:
    return {"id": stored[0], "code": stored[1]}


def _stands_in(stored: list[str | None], _language: str) -> bool:
    about, own, relation = stored
    return stands_in({"division": {"code": own}, "division_relation": relation}, about)


OBSERVATION = Shape(
    ObservationOut,
    Observation,
    {
        "zone": Computed(
            array(
                [
                    cast(Observation.zone_id, String),
                    replica.c.code,
                    _NAMES["zh-Hans"].astext,
                    _NAMES["en"].astext,
                ]
            ),
            _zone,
        ),
        "indicator": Computed(array([cast(Indicator.id, String), Indicator.code]), _indicator),
        "period_start": Computed(Observation.period, lambda period, _language: _bounds(period)[0]),
        "period_end": Computed(Observation.period, lambda period, _language: _bounds(period)[1]),
        "unit": Computed(Indicator.unit, lambda unit, _language: unit),
        "stands_in": Computed(
            array(
                [
                    Observation.reference_division,
                    _DIVISION["code"].astext,
                    replica.c.resource["division_relation"].astext,
                ]
            ),
            _stands_in,
        ),
    },
)
