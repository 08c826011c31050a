"""Writing an event in the transaction of the change it tells of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.chain import digest
from chassis.audit.recording import Touched, note_changes
from chassis.base_tables import outbox
from chassis.tracing import current_trace_id


@dataclass(frozen=True)
class Change:
    """One committed change of one object, version by version.

    `change` is created, updated or deleted; `changed` names the members; `resource` is the object as the
    API answers it; `division_path` and `zone_id` say where it belongs (empty: to no place, seen by all).

    The audit record digests `resource`, and for the state before it the resource of the version before. Where
    the feed may not tell all, `audited` and `audited_before` are digested instead. `personal` are clear texts
    that the record shall hold so that they can be erased, `about` whom they speak of (by default the object).
    `told_again` means that nobody wrote the object: it goes where another one went.
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
    audited: Mapping[str, Any] | None = None
    audited_before: Mapping[str, Any] | None = None
    personal: Mapping[str, str] = field(default_factory=dict)
    told_again: bool = False
    about: str | None = None

    def touched(self) -> Touched:
        """What the audit record tells of it."""
        return Touched(
            self.kind,
            self.change,
            self.subject_id,
            self.version,
            digest(self.resource if self.audited is None else self.audited),
            self.audited_before,
            list(self.division_path),
            self.zone_id,
            self.told_again,
            self.personal,
            self.about,
        )


async def emit(session: AsyncSession, actor: str, changes: Iterable[Change]) -> None:
    """Insert the events, and note them for the transaction's audit record.

    The rows that they tell of must be locked or written by this transaction already: that order is what makes
    the sequencer's numbers follow the versions of each object.
    """
    listed = list(changes)
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
        for change in listed
    ]
    if rows:
        await session.execute(insert(outbox), rows)
        note_changes(session, actor, [change.touched() for change in listed])
