"""The registry's feed, applied: what a zone's change alters in our records is told in our own feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.documents.moving import documents_moved
from chassis.feed.outbox import emit
from chassis.feed.replica_changes import TellingReplica
from services.projects.records import FEED_LANGUAGE, Records
from services.projects.zone_link import KIND, ZoneRow, zone_part

_CHUNK = 1000


def follow_zones(collections: Sequence[Records[Any, Any, Any]]) -> TellingReplica:
    """What a consumer of the registry's feed applies."""

    async def tell(session: AsyncSession, zone: ZoneRow, changed: list[str], actor: str) -> None:
        for records in collections:
            await _tell(session, records, zone, changed, actor)

    return TellingReplica(KIND, shown_of, tell)


def shown_of(zone: ZoneRow) -> Mapping[str, Any]:
    """What the zone's records show of it, by member."""
    return {"division_path": zone.division_path, "zone": zone_part(zone.resource, FEED_LANGUAGE)}


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
        if "division_path" in changed:
            await documents_moved(
                session, records.collection, [records.place(row, zone) for row in rows], actor
            )
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id
