"""Writing an event in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import outbox
from chassis.tracing import current_trace_id


@dataclass(frozen=True)
class Change:
    """One committed change of one object, version by version.

    `change` is created, updated or deleted; `changed` names the members; `resource` is the object as the
    API answers it; `division_path` and `zone_id` say where it belongs (empty: to no place, seen by all).
    """

    kind: str
    change: str
    subject_id: UUID
    version: int
    resource: Mapping[str, Any]
    changed: Iterable[str] = ()
    division_path: Iterable[str] = ()
    zone_id: UUID | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    event_id: UUID = field(default_factory=uuid4)


async def emit(session: AsyncSession, actor: str, changes: Iterable[Change]) -> None:
    """Insert the events; the rows that they tell of must be locked or written by this transaction already.

    That order is what makes the sequencer's numbers follow the versions of each object.
    """
    rows = [
        {
            "event_id": change.event_id,
            "type": f"sdz.{change.kind}.{change.change}.v1",
            "kind": change.kind,
            "subject_id": change.subject_id,
            "version": change.version,
            "actor": actor,
            "trace_id": current_trace_id(),
            "data": {
                "id": str(change.subject_id),
                "version": change.version,
                "deleted": change.change == "deleted",
                "changed": sorted(change.changed),
                "resource": change.resource,
                **change.extra,
            },
            "division_path": list(change.division_path),
            "zone_id": change.zone_id,
        }
        for change in changes
    ]
    if rows:
        await session.execute(insert(outbox), rows)
