"""Zones as this service knows them: copies that the registry's feed keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, false, literal

from chassis.base_tables import replica
from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.schemas import Names, Out

ZONE = "zone"
ZONES_PATH = "/api/v1/zones"  # at the registry


class ZoneRef(Out):
    """A zone, by id, code and name."""

    id: UUID
    code: str | None
    name: str
    names: Names


def in_view(principal: Principal) -> ColumnElement[bool]:
    """The zone of the row lies in what the caller may see, wherever the zone has moved to."""
    return in_scope(principal.view, replica.c.division_path, replica.c.id)


def zone_named(reference: Reference) -> ColumnElement[bool]:
    """The copy that is meant."""
    if reference.id is not None:
        return replica.c.id == reference.id
    if reference.code is not None:
        return replica.c.code == reference.code
    if reference.system is not None:
        pair = [{"system": reference.system, "value": reference.value}]
        return replica.c.resource["external_ids"].contains(pair)
    return false()


def within(division_code: str) -> ColumnElement[bool]:
    """The zone lies in the division or below it."""
    return literal(division_code) == any_(replica.c.division_path)


def names_of(resource: Mapping[str, Any]) -> Names:
    return Names.model_validate(resource["names"])


def zone_ref(zone_id: UUID, code: str | None, names: Names, language: str) -> ZoneRef:
    return ZoneRef(id=zone_id, code=code, name=names.pick(language), names=names)


def stands_in(resource: Mapping[str, Any], reference_division: str | None) -> bool:
    """A figure about `reference_division` is not the zone's own.

    A zone that is only a part of its division has no figures under that division's code.
    """
    if reference_division is None:
        return False
    own = resource["division"]["code"]
    return bool(reference_division != own or resource.get("division_relation") == "part_of")
