"""Records from a sheet: the same rules as one at a time, with set-based statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.feed.outbox import emit
from chassis.identity.principal import Principal
from chassis.imports.report import Outcome
from chassis.imports.routes import ImportContext, Importer, Numbered
from chassis.problems import Issue
from chassis.resource import Upserted, upsert
from services.projects.record_writing import columns
from services.projects.records import Entry, Model, Records, Shown, exchange_of
from services.projects.zone_link import OUTSIDE, UNKNOWN_ZONE, ZoneRow, find_zones, hold_zones, may_write

_CHUNK = 1000


def importer(records: Records[Model, Entry, Shown]) -> Importer[Entry]:
    """Upsert by code; rejects unknown zones and what lies, or would lie, outside the write scope."""

    async def apply(context: ImportContext, rows: Sequence[Numbered[Entry]]) -> list[Outcome]:
        session, actor = context.session, context.actor
        texts = {item.row.zone for item in rows if item.row.zone is not None}
        named = await find_zones(session, texts, exchange_of(context.request).registry)
        places = await _places(session, records.model, [item.row.code for item in rows])
        zones = await hold_zones(session, [*named.values(), *places.values()])
        outcomes: list[Outcome] = []
        accepted: list[Numbered[Entry]] = []
        for item in rows:
            issue = _fault(item.row, named, places, zones, actor)
            if issue is None:
                accepted.append(item)
            else:
                outcomes.append(Outcome(item.number, "rejected", {"code": item.row.code}, [issue]))
        values = [columns(item.row, named[item.row.zone] if item.row.zone else None) for item in accepted]
        results = await upsert(session, records.model, values, ("code",), actor.subject)
        await _tell(session, records, results, zones, actor)
        return outcomes + [
            Outcome(item.number, result.action, {"code": item.row.code})
            for item, result in zip(accepted, results, strict=True)
        ]

    return Importer(records.entry, ("code",), apply)


async def _places(session: AsyncSession, model: type[Model], codes: Sequence[str]) -> dict[str, UUID | None]:
    """Zones of the records that are there already, by the record's code; these stay locked."""
    found: dict[str, UUID | None] = {}
    for start in range(0, len(codes), _CHUNK):
        part = sorted(codes)[start : start + _CHUNK]
        statement = select(model.code, model.zone_id).where(model.code.in_(part)).order_by(model.code)
        for row in await session.execute(statement.with_for_update(), execution_options=AS_SYSTEM):
            found[row.code] = row.zone_id
    return found


def _fault(
    row: Entry,
    named: Mapping[str, UUID],
    places: Mapping[str, UUID | None],
    zones: Mapping[UUID, ZoneRow],
    actor: Principal,
) -> Issue | None:
    if row.zone is not None and row.zone not in named:
        return Issue("unknown_zone", UNKNOWN_ZONE, parameter="zone", params={"zone": row.zone})
    target = None if row.zone is None else named[row.zone]
    if not may_write(actor, _zone(target, zones)):
        return Issue("outside_write_scope", OUTSIDE, parameter="zone")
    if row.code in places and not may_write(actor, _zone(places[row.code], zones)):
        return Issue("outside_write_scope", OUTSIDE, parameter="code")
    return None


def _zone(zone_id: UUID | None, zones: Mapping[UUID, ZoneRow]) -> ZoneRow | None:
    return None if zone_id is None else zones[zone_id]


async def _tell(
    session: AsyncSession,
    records: Records[Model, Entry, Shown],
    results: Iterable[Upserted],
    zones: Mapping[UUID, ZoneRow],
    actor: Principal,
) -> None:
    written = {result.id: result for result in results if result.action != "unchanged"}
    ids = list(written)
    options: dict[str, Any] = {**AS_SYSTEM, "populate_existing": True}
    for start in range(0, len(ids), _CHUNK):
        model = records.model
        statement = select(model).where(model.id.in_(ids[start : start + _CHUNK])).order_by(model.code)
        events = [
            records.event(
                record, _zone(record.zone_id, zones), written[record.id].action, written[record.id].changed
            )
            for record in await session.scalars(statement, execution_options=options)
        ]
        await emit(session, actor.subject, events)
