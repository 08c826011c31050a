"""Changing zones: one at a time, and from a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write
from chassis.identity.principal import Principal
from chassis.imports.report import Outcome
from chassis.imports.routes import ImportContext, Importer, Numbered
from chassis.problems import Issue, ValidationFailed
from chassis.resource import Upserted, revise, touch, upsert
from chassis.schemas import ExternalId
from chassis.vocabularies.reading import Edition, check_term, read_edition, term_issue
from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.divisions.queries import find_entries
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.representation import as_event, members
from services.registry.zones.schemas import DivisionChoice, ZoneCreate, ZonePatch, ZoneRow
from services.registry.zones.vocabulary import PROGRAMME

NO_DIVISION = Words("该版本中没有此区划代码", "The code does not stand in this edition")
OUTSIDE = Words("不在您的写入范围内", "Outside your write scope")
STATE_IS_OUTPUT = Words("状态只能通过流程改变", "The state changes by transitions only")


async def _division(session: AsyncSession, choice: DivisionChoice) -> Division:
    found = await find_entries(session, [(choice.code, choice.edition)])
    division = found.get((choice.code, choice.edition))
    if division is None:
        raise ValidationFailed(
            NO_DIVISION, issues=[Issue("unknown_division", NO_DIVISION, pointer="#/division")]
        )
    return division


def _division_columns(division: Division, edition: str) -> dict[str, Any]:
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


async def create(session: AsyncSession, body: ZoneCreate, actor: Principal) -> Zone:
    """A new zone in its opening state; 422 for an unknown division, 403 outside the write scope."""
    division = await _division(session, body.division)
    require_write(actor, division.path)
    await check_term(session, PROGRAMME, body.programme, "#/programme")
    zone = Zone(
        **{"division_relation": body.division_relation, **_columns(body)},
        **_division_columns(division, body.division.edition),
        state=body.opening_state,
        version=1,
        created_by=actor.subject,
        updated_by=actor.subject,
    )
    zone.external_ids = _external_ids(body.external_ids)
    session.add(zone)
    await session.flush()
    await session.refresh(zone)
    await _tell(session, actor, zone, "created", members(list(_columns(body))))
    return zone


async def change(session: AsyncSession, zone: Zone, body: ZonePatch, actor: Principal) -> None:
    """Apply a merge patch to a locked zone; a move needs write scope at both places."""
    require_write(actor, zone.division_path, zone.id)
    await check_term(session, PROGRAMME, body.programme, "#/programme", held=zone.programme)
    values = _columns(body)
    if body.division is not None:
        division = await _division(session, body.division)
        require_write(actor, division.path, zone.id)
        values |= _division_columns(division, body.division.edition)
    external_changed = body.external_ids is not None and _pairs(body.external_ids) != _pairs(
        zone.external_ids
    )
    changed = revise(zone, values, actor.subject)
    if external_changed and body.external_ids is not None:
        kept = {(item.system, item.value): item for item in zone.external_ids}
        zone.external_ids = [
            kept.get((item.system, item.value)) or ZoneExternalId(system=item.system, value=item.value)
            for item in body.external_ids
        ]
        if not changed:
            touch(zone, actor.subject)
        changed.append("external_ids")
    if changed:
        await session.flush()
        await session.refresh(zone, ["division"])
        await _tell(session, actor, zone, "updated", members(changed))


async def remove(session: AsyncSession, zone: Zone, actor: Principal) -> None:
    """Soft deletion, for what was entered by mistake; a zone that leaves is a transition."""
    require_write(actor, zone.division_path, zone.id)
    touch(zone, actor.subject)
    zone.deleted_at = zone.updated_at
    await session.flush()
    await _tell(session, actor, zone, "deleted", ["deleted_at"])


def _pairs(items: Iterable[ExternalId | ZoneExternalId]) -> set[tuple[str, str]]:
    return {(item.system, item.value) for item in items}


def _external_ids(items: Iterable[ExternalId]) -> list[ZoneExternalId]:
    return [ZoneExternalId(system=system, value=value) for system, value in sorted(_pairs(items))]


async def _tell(
    session: AsyncSession, actor: Principal, zone: Zone, change: str, changed: Iterable[str]
) -> None:
    await emit(session, actor.subject, [_event(zone, change, changed)])


def _event(zone: Zone, change: str, changed: Iterable[str]) -> Change:
    return Change("zone", change, zone.id, zone.version, as_event(zone), changed, zone.division_path, zone.id)


async def apply_import(context: ImportContext, rows: Sequence[Numbered[ZoneRow]]) -> list[Outcome]:
    """Upsert by code. Rejects unknown divisions, places outside the write scope and changes of state."""
    session, actor = context.session, context.actor
    wanted = [(item.row.division_code, item.row.division_edition) for item in rows]
    divisions = await find_entries(session, wanted)
    stored = await _stored(session, [item.row.code for item in rows])
    programmes = await read_edition(session, PROGRAMME)
    outcomes: list[Outcome] = []
    accepted: list[tuple[int, dict[str, Any]]] = []
    for item, place in zip(rows, wanted, strict=True):
        known = stored.get(item.row.code)
        issue = _fault(item.row, divisions.get(place), known, actor) or _no_term(item.row, known, programmes)
        if issue is not None:
            outcomes.append(Outcome(item.number, "rejected", {"code": item.row.code}, [issue]))
            continue
        values = item.row.model_dump(exclude={"division_code"}) | _division_columns(
            divisions[place], place[1]
        )
        accepted.append((item.number, values))
    results = await upsert(session, Zone, [values for _, values in accepted], ("code",), actor.subject)
    await _tell_all(session, actor, results)
    return outcomes + [
        Outcome(number, result.action, {"code": result.values["code"]})
        for (number, _), result in zip(accepted, results, strict=True)
    ]


def _fault(row: ZoneRow, division: Division | None, stored: Zone | None, actor: Principal) -> Issue | None:
    if division is None:
        params = {"code": row.division_code, "edition": row.division_edition}
        return Issue("unknown_division", NO_DIVISION, parameter="division_code", params=params)
    outside = not actor.write.covers(division.path, stored.id if stored else None)
    if outside or (stored and not actor.write.covers(stored.division_path, stored.id)):
        return Issue("outside_write_scope", OUTSIDE, parameter="division_code")
    if stored and stored.deleted_at is None and stored.state != row.state:
        return Issue(
            "state_is_output_only", STATE_IS_OUTPUT, parameter="state", params={"state": stored.state}
        )
    return None


def _no_term(row: ZoneRow, stored: Zone | None, programmes: Edition) -> Issue | None:
    if row.programme is None or (stored is not None and stored.programme == row.programme):
        return None
    return term_issue(programmes, row.programme, parameter="programme")


async def _stored(session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Zone]:
    statement = select(Zone).where(Zone.code.in_(list(codes))).with_for_update(of=Zone)
    rows = (await session.scalars(statement, execution_options=AS_SYSTEM)).unique()
    return {zone.code: zone for zone in rows}


async def _tell_all(session: AsyncSession, actor: Principal, results: Sequence[Upserted]) -> None:
    written = {result.id: result for result in results if result.action != "unchanged"}
    if not written:
        return
    statement = select(Zone).where(Zone.id.in_(written)).order_by(Zone.code)
    options = {**AS_SYSTEM, "populate_existing": True}
    zones = (await session.scalars(statement, execution_options=options)).unique()
    await emit(
        session,
        actor.subject,
        [_event(zone, written[zone.id].action, members(list(written[zone.id].changed))) for zone in zones],
    )


ZONE_IMPORT = Importer(ZoneRow, ("code",), apply_import)
