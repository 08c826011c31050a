"""Changing zones one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.moving import documents_gone, documents_moved
from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.problems import Issue, ValidationFailed
from chassis.resource import mark_deleted, revise, touch
from chassis.schemas import ExternalId
from chassis.temporal.correcting import correction_of, record_correction
from chassis.temporal.recording import Recorded, record, take_back
from chassis.vocabularies.reading import check_term
from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.divisions.queries import find_entries
from services.registry.zones.documents import ZONE_DOCUMENTS, place_of
from services.registry.zones.history import ZONE_HISTORY
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.representation import as_event, members
from services.registry.zones.schemas import DivisionChoice, ZoneCreate, ZonePatch
from services.registry.zones.vocabulary import PROGRAMME

NO_DIVISION = Words("该版本中没有此区划代码", "The code does not stand in this edition")


async def _division(session: AsyncSession, choice: DivisionChoice) -> Division:
    found = await find_entries(session, [(choice.code, choice.edition)])
    division = found.get((choice.code, choice.edition))
    if division is None:
        raise ValidationFailed(
            NO_DIVISION, issues=[Issue("unknown_division", NO_DIVISION, pointer="#/division")]
        )
    return division


def division_columns(division: Division, edition: str) -> dict[str, Any]:
    return {"division_id": division.id, "division_edition": edition, "division_path": division.path}


def _columns(body: ZoneCreate | ZonePatch) -> dict[str, Any]:
    """Stored columns of the members that the body states, but for division and external ids."""
    given: dict[str, Any] = {
        name: getattr(body, name)
        for name in body.model_fields_set
        if name not in {"names", "point", "division", "external_ids", "opening_state"}
    }
    if body.names is not None:
        given |= {"name_zh": body.names.zh, "name_en": body.names.en}
    if "point" in body.model_fields_set:
        given |= {
            "longitude": body.point.longitude if body.point else None,
            "latitude": body.point.latitude if body.point else None,
        }
    return given


def stops_being_national(zone: Zone, tier: str | None) -> bool:
    """Then others may decide about the zone, so it takes a nationwide write scope."""
    return zone.tier == "national" and tier != "national"


async def create(session: AsyncSession, body: ZoneCreate, actor: Principal, effective: date) -> Zone:
    """A new zone in its opening state from a date on; 422 for an unknown division, 403 outside the scope."""
    division = await _division(session, body.division)
    require_write(actor, division.path)
    await check_term(session, PROGRAMME, body.programme, "#/programme")
    zone = Zone(
        **{"division_relation": body.division_relation, **_columns(body)},
        **division_columns(division, body.division.edition),
        state=body.opening_state,
        version=1,
        created_by=actor.subject,
        updated_by=actor.subject,
    )
    _set_external_ids(zone, _shown(body.external_ids))
    session.add(zone)
    await session.flush()
    await session.refresh(zone)
    told = await _tell(session, actor, zone, "created", members(_columns(body)))
    await record(session, ZONE_HISTORY, actor.subject, [recorded_since(told, effective)])
    return zone


async def change(
    session: AsyncSession, zone: Zone, body: ZonePatch, actor: Principal, effective: date
) -> None:
    """Apply a merge patch to a locked zone from a date on; a move needs write scope at both places."""
    require_write(actor, zone.division_path, zone.id)
    await check_term(session, PROGRAMME, body.programme, "#/programme", held=zone.programme)
    values = _columns(body)
    if stops_being_national(zone, values.get("tier", zone.tier)):
        require_write_everywhere(actor)
    if body.division is not None:
        division = await _division(session, body.division)
        require_write(actor, division.path, zone.id)
        values |= division_columns(division, body.division.edition)
    if body.external_ids is not None:
        values["external_ids"] = _shown(body.external_ids)
    await amend(session, zone, values, actor, effective)


async def amend(
    session: AsyncSession,
    zone: Zone,
    values: Mapping[str, Any],
    actor: Principal,
    effective: date,
    extra: Mapping[str, str] | None = None,
) -> None:
    """State `values`, by column, of a locked zone from a date on; what changes nothing is not written.

    `extra` is told in the event. Raises 403 for days on which the zone lay outside the write scope: whoever
    has it now does not write the history of whoever had it then.
    """
    correction = await correction_of(session, ZONE_HISTORY, zone.id, values, effective)
    holding = {
        name: value for name, value in values.items() if correction is None or name in correction.present
    }
    external_ids = holding.pop("external_ids", None)
    version, changed = zone.version, set(revise(zone, holding, actor.subject))
    if external_ids is not None and external_ids != _shown(zone.external_ids):
        _set_external_ids(zone, external_ids)
        changed |= {"external_ids"}
    if correction is not None:
        changed |= correction.changed
    if not changed:
        return
    for then in correction.overruled() if correction else ():
        require_write(actor, then["division_path"], zone.id)
    if zone.version == version:
        touch(zone, actor.subject)
    await session.flush()
    await session.refresh(zone, ["division"])
    told = await _tell(session, actor, zone, "updated", members(changed), effective, extra or {})
    if "division_path" in changed:
        await documents_moved(session, ZONE_DOCUMENTS.collection, [place_of(zone)], actor.subject)
    if correction is None:
        await record(session, ZONE_HISTORY, actor.subject, [recorded_since(told, effective)])
    else:
        await record_correction(session, ZONE_HISTORY, actor.subject, zone, told.event_id, correction)


async def remove(session: AsyncSession, zone: Zone, actor: Principal) -> None:
    """Soft deletion, for what was entered by mistake; a zone that leaves is a transition."""
    require_write(actor, zone.division_path, zone.id)
    mark_deleted(zone, actor.subject)
    await session.flush()
    told = await _tell(session, actor, zone, "deleted", ["deleted_at"])
    await documents_gone(session, ZONE_DOCUMENTS.collection, [place_of(zone)], actor.subject)
    await take_back(session, ZONE_HISTORY, actor.subject, zone.id, told.event_id)


def _shown(items: Iterable[ExternalId | ZoneExternalId]) -> list[dict[str, str]]:
    """External ids as they are kept in history: in one order, each once."""
    return [{"system": system, "value": value} for system, value in sorted(_pairs(items))]


def _set_external_ids(zone: Zone, wanted: Iterable[Mapping[str, str]]) -> None:
    kept = {(item.system, item.value): item for item in zone.external_ids}
    zone.external_ids = [
        kept.get((item["system"], item["value"])) or ZoneExternalId(**item) for item in wanted
    ]


def _pairs(items: Iterable[ExternalId | ZoneExternalId]) -> set[tuple[str, str]]:
    return {(item.system, item.value) for item in items}


def _external_ids(items: Iterable[ExternalId]) -> list[ZoneExternalId]:
    return [ZoneExternalId(system=system, value=value) for system, value in sorted(_pairs(items))]


async def _tell(
    session: AsyncSession,
    actor: Principal,
    zone: Zone,
    change: str,
    changed: Iterable[str],
    effective: date | None = None,
    extra: Mapping[str, str] = MappingProxyType({}),
) -> Change:
    told = zone_event(zone, change, changed, effective, extra)
    await emit(session, actor.subject, [told])
    return told


def zone_event(
    zone: Zone,
    change: str,
    changed: Iterable[str],
    effective: date | None = None,
    extra: Mapping[str, str] = MappingProxyType({}),
) -> Change:
    return Change(
        "zone",
        change,
        zone.id,
        zone.version,
        as_event(zone),
        changed,
        zone.division_path,
        zone.id,
        extra={**extra, **({"effective_date": effective.isoformat()} if effective else {})},
    )


def recorded_since(told: Change, effective: date) -> Recorded:
    return Recorded(told.subject_id, told.event_id, told.changed, effective)
