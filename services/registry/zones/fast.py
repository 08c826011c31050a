"""The hot reads of zones: one, and a page of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, Select, String, cast, func, select
from sqlalchemy.dialects.postgresql import array

from chassis.fast.shape import Computed, Shape
from chassis.identity.principal import Principal
from services.registry.divisions.models import Division
from services.registry.divisions.rules import SYSTEM
from services.registry.zones import queries
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.schemas import ZoneOut


def visible_to(principal: Principal) -> Select[Any]:
    """As `queries.visible_to`, with the division of each."""
    return queries.visible_to(principal).join(Zone.division)


def _name(stored: list[str | None], language: str) -> str | None:
    zh, en = stored
    return en if language == "en" and en else zh


def _names(stored: list[str | None], _language: str) -> dict[str, str | None]:
    return {"zh-Hans": stored[0], "en": stored[1]}


def _division(stored: list[str], _language: str) -> dict[str, str]:
    code, edition, name = stored
    return {"code": code, "system": SYSTEM, "edition": edition, "name": name}


def _point(stored: list[str | None], _language: str) -> dict[str, str | None] | None:
    longitude, latitude = stored
    return None if longitude is None else {"longitude": longitude, "latitude": latitude}


def _external_ids(stored: list[list[str]], _language: str) -> list[dict[str, str]]:
    return [{"system": system, "value": value} for system, value in stored]


_NAMES = array([Zone.name_zh, Zone.name_en])
_EXTERNAL_IDS = func.array(
    select(array([ZoneExternalId.system, ZoneExternalId.value]))
    .where(ZoneExternalId.zone_id == Zone.id)
    .order_by(ZoneExternalId.system, ZoneExternalId.value)
    .correlate(Zone)
    .scalar_subquery(),
    type_=ARRAY(String, dimensions=2),
)
ZONE = Shape(
    ZoneOut,
    Zone,
    {
        "name": Computed(_NAMES, _name),
        "names": Computed(_NAMES, _names),
        "division": Computed(array([Division.code, Zone.division_edition, Division.name]), _division),
        "point": Computed(array([cast(Zone.longitude, String), cast(Zone.latitude, String)]), _point),
        "external_ids": Computed(_EXTERNAL_IDS, _external_ids),
    },
)
