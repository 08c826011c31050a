"""The registry's feed, applied: what a zone's change alters in its observations is told in our own feed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import emit
from chassis.feed.replica_changes import TellingReplica
from services.evaluation.observations import queries
from services.evaluation.zones import ZONE, names_of

_CHUNK = 1000


def shown_of(zone: Any) -> Mapping[str, Any]:
    """What the zone's observations show of it, by member; those of a deleted zone are not shown at all."""
    resource = zone.resource
    return {
        "deleted_at": zone.deleted,
        "division_path": zone.division_path,
        "stands_in": (resource["division"]["code"], resource.get("division_relation")),
        "zone": (zone.code, names_of(resource)),
    }


async def tell_observations(session: AsyncSession, zone: Any, changed: list[str], actor: str) -> None:
    """One event for each observation of the zone, a thousand at a time."""
    last: UUID | None = None
    while True:
        rows = await queries.lock_of_zone(session, zone.id, last, _CHUNK)
        change = "deleted" if zone.deleted else "updated"
        await emit(session, actor, [queries.event(row, change, changed) for row in rows])
        if len(rows) < _CHUNK:
            return
        last = rows[-1].Observation.id


FOLLOW_ZONES = TellingReplica(ZONE, shown_of, tell_observations)
