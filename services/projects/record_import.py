"""Records from a sheet: the same rules as one at a time, with set-based statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.documents.moving import documents_moved
from chassis.feed.outbox import emit
from chassis.identity.principal import Principal
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.problems import Issue
from chassis.upserting import Upserted
from chassis.words import Words
from services.projects.record_writing import columns
from services.projects.records import Entry, Model, Records, Shown, exchange_of
from services.projects.zone_link import OUTSIDE, UNKNOWN_ZONE, ZoneRow, find_zones, hold_zones, may_write

_CHUNK = 1000
# of projects and achievements alike
LABELS = {
    "code": Words("代码", "Code"),
    "title": Words("名称", "Title"),
    "zone": Words("实验区", "Zone"),
    "field": Words("领域", "Field"),
    "year": Words("年份", "Year"),
    "organisation": Words("承担单位", "Organisation"),
    "programme": Words("计划类别", "Programme"),
    "budget": Words("预算", "Budget"),
    "currency": Words("币种", "Currency"),
    "owner": Words("权利人", "Owner"),
    "applicable_conditions": Words("适用条件", "Applicable conditions"),
    "catalogue": Words("目录", "Catalogue"),
    "source": Words("来源", "Source"),
    "note": Words("备注", "Note"),
}


def importer(records: Records[Model, Entry, Shown]) -> Importer[Entry]:
    """Upsert by code; rejects unknown zones and what lies, or would lie, outside the write scope."""

    async def judge(context: ImportContext, rows: Sequence[Numbered[Entry]]) -> list[Verdict]:
        session, actor = context.session, context.actor
        texts = {item.row.zone for item in rows if item.row.zone is not None}
        named = await find_zones(session, texts, exchange_of(context.request).registry)
        places = await _places(session, records.model, [item.row.code for item in rows], lock=context.keep)
        # zones before records, as whoever changes a single record does: nobody waits in a circle
        zones = await hold_zones(session, [*named.values(), *places.values()], lock=context.keep)
        context.memo["zones"] = zones
        verdicts: list[Verdict] = []
        for item in rows:
            issue = _fault(item.row, named, places, zones, actor)
            zone = None if issue or item.row.zone is None else named[item.row.zone]
            verdicts.append([issue] if issue else columns(item.row, zone))
        return verdicts

    async def tell(context: ImportContext, results: Sequence[Upserted]) -> None:
        await _tell(context.session, records, results, context.memo["zones"], context.actor)

    key = ("code",)
    return Importer(records.entry, key, records.model, key, judge, tell, group="zone", labels=LABELS)


async def _places(
    session: AsyncSession, model: type[Model], codes: Sequence[str], *, lock: bool
) -> dict[str, UUID | None]:
    """Zones of the records that are there already, by the record's code; these stay locked if asked."""
    found: dict[str, UUID | None] = {}
    for start in range(0, len(codes), _CHUNK):
        part = sorted(codes)[start : start + _CHUNK]
        statement = select(model.code, model.zone_id).where(model.code.in_(part)).order_by(model.code)
        if lock:
            statement = statement.with_for_update()
        for row in await session.execute(statement, execution_options=AS_SYSTEM):
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


def as_row(found: Any) -> dict[str, Any]:
    """What the row of a record says otherwise than its columns do: the code of its zone, or its id."""
    record = found[0]
    if record.zone_id is None:
        return {"zone": None}
    return {"zone": found.zone["code"] if found.zone else str(record.zone_id)}


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
        rows = (await session.scalars(statement, execution_options=options)).all()
        events = [
            records.event(
                record, _zone(record.zone_id, zones), written[record.id].action, written[record.id].changed
            )
            for record in rows
        ]
        await emit(session, actor.subject, events)
        moved = [
            records.place(record, _zone(record.zone_id, zones))
            for record in rows
            if written[record.id].action == "updated"
            and not {"zone_id", "deleted_at"}.isdisjoint(written[record.id].changed)
        ]
        await documents_moved(session, records.collection, moved, actor.subject)
