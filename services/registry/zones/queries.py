"""Statements over zones; every read for a caller starts from `visible_to`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import Filter, Listing
from chassis.problems import NotFound
from services.registry.zones import vocabulary
from services.registry.zones.models import Zone, ZoneExternalId


def visible_to(principal: Principal) -> Select[Zone]:
    """The zones that the caller may see."""
    return (
        select(Zone)
        .where(in_scope(principal.view, Zone.division_path, Zone.id), Zone.deleted_at.is_(None))
        .execution_options(scope="caller")
    )


def named(reference: Reference) -> Any:
    if reference.id is not None:
        return Zone.id == reference.id
    if reference.code is not None:
        return Zone.code == reference.code
    return Zone.external_ids.any(
        and_(ZoneExternalId.system == reference.system, ZoneExternalId.value == reference.value)
    )


async def find(session: AsyncSession, principal: Principal, ref: str, *, lock: bool = False) -> Zone:
    """The zone, locked for a change if asked; 404 when there is none that the caller may see."""
    statement = visible_to(principal).where(named(Reference.from_path(ref)))
    if lock:
        statement = statement.with_for_update(of=Zone)
    zone = (await session.scalars(statement)).unique().one_or_none()
    if zone is None:
        raise NotFound()
    return zone


def _within(code: str) -> Any:
    return literal(code) == any_(Zone.division_path)


def _external(text: str) -> Any:
    system, _, value = text.partition(":")
    return named(Reference(system=system, value=value))


def _bbox(box: tuple[float, float, float, float]) -> Any:
    west, south, east, north = box
    across: ColumnElement[bool] = Zone.longitude.between(west, east)
    if west > east:  # over the antimeridian, as OGC API Features says
        across = (Zone.longitude >= west) | (Zone.longitude <= east)
    return across & Zone.latitude.between(south, north)


ZONES = Listing(
    filters={
        "id": Filter(Zone.id, "uuid", ("eq", "in")),
        "code": Filter(Zone.code, "code", ("eq", "in", "prefix")),
        "name": Filter(Zone.name_zh, "text", ("eq", "contains", "prefix")),
        "tier": Filter(Zone.tier, "enum", ("eq", "ne", "in", "nin", "isnull"), vocabulary.TIERS),
        "kind": Filter(Zone.kind, "enum", ("eq", "ne", "in", "nin", "isnull"), vocabulary.KINDS),
        "state": Filter(Zone.state, "enum", ("eq", "ne", "in", "nin"), vocabulary.STATES),
        "programme": Filter(Zone.programme, "code", ("eq", "ne", "in", "nin", "isnull")),
        "approved_year": Filter(Zone.approved_year, "integer", ("eq", "lt", "lte", "gt", "gte", "isnull")),
        "within": Filter(kind="code", condition=_within, description="A division and all below it"),
        "external_id": Filter(kind="text", condition=_external, description="system:value"),
        "bbox": Filter(kind="bbox", condition=_bbox, description="west,south,east,north in degrees"),
    },
    sorts={"code": (Zone.code, str), "created_at": (Zone.created_at, datetime)},
    default_sort="code",
    id_column=Zone.id,
)
