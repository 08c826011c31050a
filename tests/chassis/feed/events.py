"""Writing events and reading the feed in tests."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.base_tables import feed, outbox
from chassis.database import AS_SYSTEM, Database
from chassis.feed.outbox import Change, emit


def change(subject: UUID, version: int, **more: Any) -> Change:
    values: dict[str, Any] = {"kind": "thing", "change": "updated", "resource": {"version": version}}
    return Change(subject_id=subject, version=version, **(values | more))


async def write(database: Database, *changes: Change) -> None:
    async with database.transaction() as session:
        await emit(session, "person:1", changes)


async def numbered(database: Database) -> list[Any]:
    """All rows of the feed in order."""
    async with database.transaction() as session:
        rows = await session.execute(select(feed).order_by(feed.c.position), execution_options=AS_SYSTEM)
        return list(rows.all())


async def waiting(database: Database) -> int:
    async with database.transaction() as session:
        return len((await session.execute(select(outbox.c.id))).all())
