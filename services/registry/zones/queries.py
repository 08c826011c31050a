"""Statements over zones; every read for a caller starts from `visible_to`."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, any_, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import EXACT, ORDERED, TEXT, Facet, Filter, Listing
from chassis.problems import NotFound
from chassis.temporal.moment import NOW, Moment
from services.registry.divisions.queries import division_names
from services.registry.zones import vocabulary
from services.registry.zones.history import in_scope_at, whole, zones_at
from services.registry.zones.models import Zone, ZoneExternalId


def visible_to(principal: Principal, moment: Moment = NOW) -> Select[Zone]:
    """The zones that the caller may see, as they were at the moment."""
    statement = (
        select(Zone)
        .where(in_scope_at(principal.view, moment), Zone.deleted_at.is_(None))
        .execution_options(scope="caller")
    )
    return zones_at(statement, moment)


def named(reference: Reference) -> Any:
    if reference.id is not None:
        return Zone.id == reference.id
    if reference.code is not None:
        return Zone.code == reference.code
    return Zone.external_ids.any(
        and_(ZoneExternalId.system == reference.system, ZoneExternalId.value == reference.value)
    )


async def find(
    session: AsyncSession, principal: Principal, ref: str, moment: Moment = NOW, *, lock: bool = False
) -> Zone:
    """The zone at the moment, or locked for a change; 404 when there is none that the caller may see."""
    statement = visible_to(principal, moment).where(named(Reference.from_path(ref)))
    if lock:
        statement = statement.with_for_update(of=Zone)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound()
    return whole(row)


def _within(code: str) -> Any:
    return literal(code) == any_(Zone.division_path)


def _any_external(texts: list[str]) -> Any:
    pairs = [(system, value) for system, _, value in (text.partition(":") for text in texts)]
    return Zone.external_ids.any(tuple_(ZoneExternalId.system, ZoneExternalId.value).in_(pairs))


def _external(text: str) -> Any:
    system, _, value = text.partition(":")
    return named(Reference(system=system, value=value))


def _bbox(box: tuple[float, float, float, float]) -> Any:
    """Also zones without a point, as OGC API Features says of what has no geometry."""
    west, south, east, north = box
    across: ColumnElement[bool] = Zone.longitude.between(west, east)
    if west > east:  # over the antimeridian
        across = (Zone.longitude >= west) | (Zone.longitude <= east)
    return (across & Zone.latitude.between(south, north)) | Zone.longitude.is_(None)


def _datetime(days: tuple[date | None, date | None]) -> Any:
    """A zone's time runs from its approval to its exit; without a beginning it always matches."""
    first, last = days
    meets: list[ColumnElement[bool]] = []
    if last is not None:
        meets.append(Zone.approved_year <= last.year)
    if first is not None:
        meets.append(Zone.exited_year.is_(None) | (Zone.exited_year >= first.year))
    return or_(Zone.approved_year.is_(None), and_(*meets))


_TERMS = {item.name: item for item in (*vocabulary.VOCABULARIES, vocabulary.PROGRAMME)}
_PROVINCE = Zone.division_path[1]
_OPTIONAL_EXACT, _OPTIONAL_ORDERED = (*EXACT, "isnull"), (*ORDERED, "isnull")
ZONES = Listing(
    filters={
        "id": Filter(Zone.id, "uuid"),
        "code": Filter(Zone.code, "code", (*EXACT, "prefix")),
        "name": Filter(Zone.name_zh, "text", TEXT),
        "tier": Filter(Zone.tier, "enum", _OPTIONAL_EXACT, vocabulary.TIERS),
        "kind": Filter(Zone.kind, "enum", _OPTIONAL_EXACT, vocabulary.KINDS),
        "state": Filter(Zone.state, "enum", EXACT, vocabulary.STATES),
        "exit_reason": Filter(Zone.exit_reason, "enum", _OPTIONAL_EXACT, vocabulary.EXIT_REASONS),
        "programme": Filter(Zone.programme, "code", _OPTIONAL_EXACT),
        "theme": Filter(Zone.theme, "text", (*TEXT, "isnull")),
        "approved_year": Filter(Zone.approved_year, "integer", _OPTIONAL_ORDERED),
        "approved_batch": Filter(Zone.approved_batch, "text", _OPTIONAL_EXACT),
        "exited_year": Filter(Zone.exited_year, "integer", _OPTIONAL_ORDERED),
        "point": Filter(Zone.longitude, "text", ("isnull",)),
        "created_at": Filter(Zone.created_at, "instant", ("lt", "lte", "gt", "gte")),
        "updated_at": Filter(Zone.updated_at, "instant", ("lt", "lte", "gt", "gte")),
        "province": Filter(_PROVINCE, "code", EXACT),
        "within": Filter(kind="code", condition=_within, description="A division and all below it"),
        "external_id": Filter(
            kind="text", condition=_external, any_of=_any_external, description="system:value"
        ),
        "bbox": Filter(
            kind="bbox",
            condition=_bbox,
            description="west,south,east,north in degrees (OGC API Features): zones that lie there, "
            "and those without a point",
        ),
        "datetime": Filter(
            kind="days",
            condition=_datetime,
            description="A day, an instant or an interval (OGC API Features): zones between whose approval "
            "and exit it lies, and those without a year of approval",
        ),
    },
    sorts={
        "code": (Zone.code, str),
        "created_at": (Zone.created_at, datetime),
        "updated_at": (Zone.updated_at, datetime),
    },
    default_sort="code",
    id_column=Zone.id,
    searched=Zone,
    facets={
        "tier": Facet(Zone.tier, _TERMS["zones.tier"]),
        "kind": Facet(Zone.kind, _TERMS["zones.kind"]),
        "state": Facet(Zone.state, _TERMS["zones.state"]),
        "exit_reason": Facet(Zone.exit_reason, _TERMS["zones.exit_reason"]),
        "programme": Facet(Zone.programme, _TERMS["zones.programme"]),
        "theme": Facet(Zone.theme),
        "approved_year": Facet(Zone.approved_year),
        "province": Facet(_PROVINCE, division_names),
    },
)
