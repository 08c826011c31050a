"""Changing zones: one at a time, and from a sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
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
from chassis.temporal.correcting import correction_of, record_correction
from chassis.temporal.moment import today
from chassis.temporal.recording import Recorded, life_bounds, record, take_back
from chassis.vocabularies.reading import Edition, check_term, read_edition, term_issue
from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.divisions.queries import find_entries
from services.registry.zones.history import ZONE_HISTORY
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.representation import as_event, members
from services.registry.zones.schemas import DivisionChoice, ZoneCreate, ZonePatch, ZoneRow
from services.registry.zones.vocabulary import PROGRAMME

NO_DIVISION = Words("该版本中没有此区划代码", "The code does not stand in this edition")
OUTSIDE = Words("不在您的写入范围内", "Outside your write scope")
IN_FUTURE = Words("生效日期不得晚于今天", "The effective date must not be later than today")
OUT_OF_ORDER = Words(
    "该日期之后已有变更, 请逐个更正",
    "Something has been stated for a later date; correct such zones one by one",
)
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


async def create(session: AsyncSession, body: ZoneCreate, actor: Principal, effective: date) -> Zone:
    """A new zone in its opening state from a date on; 422 for an unknown division, 403 outside the scope."""
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
    _set_external_ids(zone, _shown(body.external_ids))
    session.add(zone)
    await session.flush()
    await session.refresh(zone)
    told = await _tell(session, actor, zone, "created", members(_columns(body)))
    await record(session, ZONE_HISTORY, actor.subject, [_recorded(told, effective)])
    return zone


async def change(
    session: AsyncSession, zone: Zone, body: ZonePatch, actor: Principal, effective: date
) -> None:
    """Apply a merge patch to a locked zone from a date on; a move needs write scope at both places."""
    require_write(actor, zone.division_path, zone.id)
    await check_term(session, PROGRAMME, body.programme, "#/programme", held=zone.programme)
    values = _columns(body)
    if body.division is not None:
        division = await _division(session, body.division)
        require_write(actor, division.path, zone.id)
        values |= _division_columns(division, body.division.edition)
    if body.external_ids is not None:
        values["external_ids"] = _shown(body.external_ids)
    await amend(session, zone, values, actor, effective)


async def amend(
    session: AsyncSession, zone: Zone, values: Mapping[str, Any], actor: Principal, effective: date
) -> None:
    """State `values`, by column, of a locked zone from a date on; what changes nothing is not written."""
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
    if zone.version == version:
        touch(zone, actor.subject)
    await session.flush()
    await session.refresh(zone, ["division"])
    told = await _tell(session, actor, zone, "updated", members(changed), effective)
    if correction is None:
        await record(session, ZONE_HISTORY, actor.subject, [_recorded(told, effective)])
    else:
        await record_correction(session, ZONE_HISTORY, actor.subject, zone, told.event_id, correction)


async def remove(session: AsyncSession, zone: Zone, actor: Principal) -> None:
    """Soft deletion, for what was entered by mistake; a zone that leaves is a transition."""
    require_write(actor, zone.division_path, zone.id)
    touch(zone, actor.subject)
    zone.deleted_at = zone.updated_at
    await session.flush()
    told = await _tell(session, actor, zone, "deleted", ["deleted_at"])
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
) -> Change:
    told = _event(zone, change, changed, effective)
    await emit(session, actor.subject, [told])
    return told


def _event(zone: Zone, change: str, changed: Iterable[str], effective: date | None = None) -> Change:
    return Change(
        "zone",
        change,
        zone.id,
        zone.version,
        as_event(zone),
        changed,
        zone.division_path,
        zone.id,
        extra={"effective_date": effective.isoformat()} if effective else {},
    )


def _recorded(told: Change, effective: date) -> Recorded:
    return Recorded(told.subject_id, told.event_id, told.changed, effective)


async def apply_import(context: ImportContext, rows: Sequence[Numbered[ZoneRow]]) -> list[Outcome]:
    """Upsert by code. Rejects unknown divisions, places outside the write scope and changes of state."""
    session, actor = context.session, context.actor
    wanted = [(item.row.division_code, item.row.division_edition) for item in rows]
    divisions = await find_entries(session, wanted)
    stored = await _stored(session, [item.row.code for item in rows])
    programmes = await read_edition(session, PROGRAMME)
    lives = await life_bounds(session, ZONE_HISTORY, [zone.id for zone in stored.values()])
    outcomes: list[Outcome] = []
    accepted: list[tuple[int, date, dict[str, Any]]] = []
    for item, place in zip(rows, wanted, strict=True):
        known = stored.get(item.row.code)
        life = lives.get(known.id) if known else None
        issue = (
            _fault(item.row, divisions.get(place), known, actor)
            or _no_term(item.row, known, programmes)
            or _out_of_order(item.row, life)
        )
        if issue is not None:
            outcomes.append(Outcome(item.number, "rejected", {"code": item.row.code}, [issue]))
            continue
        values = item.row.model_dump(exclude={"division_code", "effective_date"}) | _division_columns(
            divisions[place], place[1]
        )
        accepted.append((item.number, item.row.effective_date or today(), values))
    given = [values for _, _, values in accepted]
    results = await upsert(session, Zone, given, ("code",), actor.subject)
    since = {result.id: effective for (_, effective, _), result in zip(accepted, results, strict=True)}
    results = await _begin_earlier(session, actor, results, since, lives)
    await _tell_all(session, actor, results, since)
    return outcomes + [
        Outcome(number, result.action, {"code": result.values["code"]})
        for (number, _, _), result in zip(accepted, results, strict=True)
    ]


async def _begin_earlier(
    session: AsyncSession,
    actor: Principal,
    results: Sequence[Upserted],
    since: Mapping[UUID, date],
    lives: Mapping[UUID, tuple[date, date]],
) -> list[Upserted]:
    """A row that says nothing new but that it holds for longer is an update too."""
    earlier = {
        result.id
        for result in results
        if result.action == "unchanged" and since[result.id] < lives[result.id][0]
    }
    if earlier:
        await session.execute(
            update(Zone)
            .where(Zone.id.in_(earlier))
            .values(version=Zone.version + 1, updated_at=func.now(), updated_by=actor.subject)
            .execution_options(synchronize_session=False)
        )
    return [
        replace(result, action="updated", changed=["valid_from"]) if result.id in earlier else result
        for result in results
    ]


def _out_of_order(row: ZoneRow, life: tuple[date, date] | None) -> Issue | None:
    """A sheet says how zones are from a date on; what is stated for a later date it would undo unseen."""
    if row.effective_date is None:
        return None
    if row.effective_date > today():
        return Issue("effective_in_future", IN_FUTURE, parameter="effective_date")
    if life is not None and life[0] != life[1] and row.effective_date < life[1]:
        params = {"last_change": life[1].isoformat()}
        return Issue("effective_before_last_change", OUT_OF_ORDER, parameter="effective_date", params=params)
    return None


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


async def _tell_all(
    session: AsyncSession, actor: Principal, results: Sequence[Upserted], since: Mapping[UUID, date]
) -> None:
    written = {result.id: result for result in results if result.action != "unchanged"}
    if not written:
        return
    statement = select(Zone).where(Zone.id.in_(written)).order_by(Zone.code)
    options = {**AS_SYSTEM, "populate_existing": True}
    zones = (await session.scalars(statement, execution_options=options)).unique()
    told = [
        _event(zone, written[zone.id].action, members(written[zone.id].changed), since[zone.id])
        for zone in zones
    ]
    await emit(session, actor.subject, told)
    recorded = [_recorded(change, since[change.subject_id]) for change in told]
    await record(session, ZONE_HISTORY, actor.subject, recorded)


ZONE_IMPORT = Importer(ZoneRow, ("code",), apply_import)
