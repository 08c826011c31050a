"""How a stored zone is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.schemas import ExternalId, Names, stamps
from services.registry.divisions.rules import SYSTEM
from services.registry.divisions.schemas import DivisionRef
from services.registry.zones.models import Zone
from services.registry.zones.schemas import Feature, Point, ZoneOut

_AS_STORED = (
    "code", "tier", "kind", "programme", "state", "division_relation", "division_path", "approved_year",
    "approved_batch",
    "advanced_demonstration_since", "exited_year", "exit_reason", "theme", "source", "note",
)  # fmt: skip
# Stored columns that are parts of one member on the wire.
_MEMBERS: Mapping[str, str] = {
    "name_zh": "names",
    "name_en": "names",
    "division_id": "division",
    "division_edition": "division",
    "longitude": "point",
    "latitude": "point",
}


def show(zone: Zone, language: str) -> ZoneOut:
    names = Names(zh=zone.name_zh, en=zone.name_en)
    point = None
    if zone.longitude is not None and zone.latitude is not None:
        point = Point(longitude=zone.longitude, latitude=zone.latitude)
    return ZoneOut(
        **stamps(zone),
        **{name: getattr(zone, name) for name in _AS_STORED},
        name=names.pick(language),
        names=names,
        division=DivisionRef(
            code=zone.division.code, system=SYSTEM, edition=zone.division_edition, name=zone.division.name
        ),
        point=point,
        external_ids=[ExternalId(system=item.system, value=item.value) for item in zone.external_ids],
    )


def feature(zone: Zone, language: str) -> Feature:
    geometry = None
    if zone.longitude is not None and zone.latitude is not None:
        geometry = {"type": "Point", "coordinates": [float(zone.longitude), float(zone.latitude)]}
    shown = show(zone, language).model_dump(
        mode="json", include={"code", "name", "tier", "kind", "programme", "state", "theme"}
    )
    return Feature(id=str(zone.id), geometry=geometry, properties=shown)


def member_of(column: str) -> str:
    """The name on the wire of what a stored column says, or is a part of."""
    return _MEMBERS.get(column, column)


def members(columns: Iterable[str]) -> list[str]:
    """Names on the wire of changed columns."""
    return sorted({member_of(name) for name in columns})


def as_event(zone: Zone) -> dict[str, Any]:
    """The resource in the feed: one language-neutral form, `name` in Chinese."""
    return show(zone, "zh-Hans").model_dump(mode="json", by_alias=True)
