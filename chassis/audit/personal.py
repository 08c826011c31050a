"""What is personal in records: clear values that can be read with them, and be erased."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.chain import digest, salted_digest
from chassis.audit.recording import record
from chassis.audit.tables import audit_personal


async def held_values(session: AsyncSession, record_ids: Iterable[UUID]) -> Mapping[UUID, dict[str, Any]]:
    """By record and name the rows of values that were not erased; one query."""
    statement = select(audit_personal).where(audit_personal.c.record_id.in_(list(record_ids)))
    held: dict[UUID, dict[str, Any]] = defaultdict(dict)
    for row in await session.execute(statement):
        held[row.record_id][row.name] = row
    return held


async def erase(session: AsyncSession, *, about: str | None = None, record_id: UUID | None = None) -> int:
    """Erase what is personal about an account or object (`kind:id`), or in one record; how many values.

    The records stay as they are, and so does the chain. The erasing is itself recorded, by the digests of
    what is gone: so a value that disappears in another way can be told from one that was erased.
    """
    chosen = audit_personal.c.about == about if about is not None else audit_personal.c.record_id == record_id
    gone = (await session.execute(delete(audit_personal).where(chosen).returning(audit_personal))).all()
    digests = sorted(salted_digest(row.salt, row.value) for row in gone)
    record(
        session,
        details={
            "erased": len(digests),
            "digests": digests if len(digests) <= _LISTED else digest(digests),
            # an account's id says nothing once its values are gone
            "about": about,
            "record": record_id,
        },
    )
    return len(digests)


_LISTED = 1000
