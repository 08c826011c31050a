"""Changing records one at a time. Every change is told to the feed in its own transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.documents.moving import documents_gone, documents_moved
from chassis.etag import check_version
from chassis.feed.outbox import emit
from chassis.identity.principal import Principal
from chassis.merge_patch import merged
from chassis.problems import NotFound
from chassis.resource import mark_deleted, revise
from services.projects.record_schemas import RecordEntry, RecordPatch
from services.projects.records import Entry, Exchange, Model, Records, Shown, find
from services.projects.zone_link import ZoneLinked, ZoneRow, find_zone, hold_zones, require_write_at


def columns(entry: RecordEntry, zone_id: UUID | None) -> dict[str, Any]:
    """Stored columns of a whole entry whose zone was found."""
    given = {name: getattr(entry, name) for name in type(entry).model_fields if name != "zone"}
    return given | {"zone_id": zone_id}


def after(entry: type[Entry], record: ZoneLinked, patch: RecordPatch) -> Entry:
    """The entry that the record would be after a merge patch; 422 if that is no valid one."""
    stored = {name: getattr(record, name) for name in entry.model_fields if name != "zone"}
    return merged(entry, stored, patch)


async def create(
    exchange: Exchange, records: Records[Model, Entry, Shown], entry: Entry, actor: Principal
) -> Shown:
    """A new record; 422 for an unknown zone, 403 outside the write scope, 409 for a code that is taken."""
    session = exchange.session
    zone_id = await find_zone(session, entry.zone, exchange.registry)
    zone = _zone_of(zone_id, await hold_zones(session, [zone_id]))
    require_write_at(actor, zone)
    stamps = {"version": 1, "created_by": actor.subject, "updated_by": actor.subject}
    record = records.model(**columns(entry, zone_id), **stamps)
    session.add(record)
    await session.flush()
    stated = [name for name in type(entry).model_fields if getattr(entry, name) is not None]
    await emit(session, actor.subject, [records.event(record, zone, "created", stated)])
    return records.show(record, zone, exchange.language)


async def change(
    exchange: Exchange,
    records: Records[Model, Entry, Shown],
    ref: str,
    expected_version: int,
    patch: RecordPatch,
    actor: Principal,
) -> Shown:
    """Apply a merge patch; a move needs write scope at both places. What changes nothing tells nothing."""
    session = exchange.session
    seen = (await find(session, records, actor, ref))[0]
    moves = "zone" in patch.model_fields_set
    target = await find_zone(session, patch.zone, exchange.registry) if moves else seen.zone_id
    record, zones = await lock_record(session, records.model, seen, target, actor)
    zone = _zone_of(record.zone_id, zones)
    require_write_at(actor, zone)
    await check_version(session, record, expected_version, records.show(record, zone, exchange.language))
    if moves:
        zone = _zone_of(target, zones)
        require_write_at(actor, zone)
    values = columns(after(records.entry, record, patch), target if moves else record.zone_id)
    changed = revise(record, values, actor.subject)
    if changed:
        await session.flush()
        await emit(session, actor.subject, [records.event(record, zone, "updated", changed)])
    if "zone_id" in changed:
        await documents_moved(session, records.collection, [records.place(record, zone)], actor.subject)
    return records.show(record, zone, exchange.language)


async def remove(
    exchange: Exchange,
    records: Records[Model, Entry, Shown],
    ref: str,
    expected_version: int,
    actor: Principal,
) -> None:
    """Soft deletion; the row and its events remain, and its code stays taken."""
    session = exchange.session
    seen = (await find(session, records, actor, ref))[0]
    record, zones = await lock_record(session, records.model, seen, seen.zone_id, actor)
    zone = _zone_of(record.zone_id, zones)
    require_write_at(actor, zone)
    await check_version(session, record, expected_version, records.show(record, zone, exchange.language))
    mark_deleted(record, actor.subject)
    await session.flush()
    await emit(session, actor.subject, [records.event(record, zone, "deleted", ["deleted_at"])])
    await documents_gone(session, records.collection, [records.place(record, zone)], actor.subject)


def _zone_of(zone_id: UUID | None, zones: dict[UUID, ZoneRow]) -> ZoneRow | None:
    return None if zone_id is None else zones[zone_id]


async def lock_record(
    session: AsyncSession, model: type[Model], seen: Model, target: UUID | None, actor: Principal
) -> tuple[Model, dict[UUID, ZoneRow]]:
    """The record as it is now, locked, with its zone and the target held (see `hold_zones` for the order).

    404 if it was deleted, or left what the caller may see, since it was found.
    """
    zones = await hold_zones(session, [seen.zone_id, target])
    statement = select(model).where(model.id == seen.id).with_for_update()
    options = {**AS_SYSTEM, "populate_existing": True}
    record = (await session.scalars(statement, execution_options=options)).one()
    zones |= await hold_zones(session, _missing(record.zone_id, zones))
    path = () if record.zone_id is None else zones[record.zone_id].division_path
    if record.deleted_at is not None or not actor.view.covers(path, record.zone_id):
        raise NotFound()
    return record, zones


def _missing(zone_id: UUID | None, zones: dict[UUID, ZoneRow]) -> Iterable[UUID]:
    """The zone that the record moved to after it was found."""
    return [zone_id] if zone_id is not None and zone_id not in zones else []
