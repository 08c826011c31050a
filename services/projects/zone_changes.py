"""The registry's feed, applied: copies of zones are renewed, and what that alters here is told in our own.

A record whose zone has a new name or place is answered differently although nobody wrote it. Its version
stays, so that a writer's If-Match holds; its ETag changes, and its event lets those who follow us keep up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM
from chassis.feed.consumer import Apply
from chassis.feed.outbox import emit
from chassis.feed.replica import Replicating
from services.projects.records import FEED_LANGUAGE, Records
from services.projects.zone_link import KIND, ZoneRow, zone_part

_CHUNK = 1000
_replicate = Replicating({KIND})


def follow_zones(collections: Sequence[Records[Any, Any, Any]]) -> Apply:
    """What a consumer of the registry's feed applies."""

    async def apply(session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
        newest = {
            UUID(event["data"]["id"]): event for event in events if event["subject"].startswith(f"{KIND}/")
        }
        before = await _locked(session, newest)
        await _replicate(session, events)
        after = await _locked(session, newest)
        for zone_id, event in newest.items():
            changed = altered(before.get(zone_id), after[zone_id], event)
            for records in collections if changed else ():
                await _tell(session, records, after[zone_id], changed, event["actor"])

    return apply


async def _locked(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, ZoneRow]:
    statement = select(replica).where(replica.c.id.in_(list(ids))).order_by(replica.c.id).with_for_update()
    return {row.id: row for row in await session.execute(statement, execution_options=AS_SYSTEM)}


def altered(before: ZoneRow | None, after: ZoneRow, event: dict[str, Any]) -> list[str]:
    """Members of the zone's records that the event altered.

    A copy that a write fetched ahead of the feed no longer tells what was different: then the event decides.
    """
    if before is None:
        return []
    if before.version >= event["data"]["version"]:
        return [] if event["type"].split(".")[2] == "created" else ["division_path", "zone"]
    changed = []
    if before.division_path != after.division_path:
        changed.append("division_path")
    if zone_part(before.resource, FEED_LANGUAGE) != zone_part(after.resource, FEED_LANGUAGE):
        changed.append("zone")
    return changed


async def _tell(
    session: AsyncSession, records: Records[Any, Any, Any], zone: ZoneRow, changed: list[str], actor: str
) -> None:
    """One event for each record of the zone, a thousand at a time."""
    model = records.model
    last: UUID | None = None
    while True:
        statement = select(model).where(model.zone_id == zone.id, model.deleted_at.is_(None))
        if last is not None:
            statement = statement.where(model.id > last)
        statement = statement.order_by(model.id).limit(_CHUNK).with_for_update()
        options = {**AS_SYSTEM, "populate_existing": True}
        rows = (await session.scalars(statement, execution_options=options)).all()
        await emit(session, actor, [records.event(row, zone, "updated", changed) for row in rows])
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id
