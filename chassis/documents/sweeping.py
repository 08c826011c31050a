"""Removing contents that no committed row names: of uploads that were cut off, and of rolled back ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM, Database
from chassis.documents.store import CONTENT, INCOMING, DocumentStore, Listed
from chassis.documents.tables import Document
from chassis.documents.writing import content_lock

AGE = timedelta(hours=1)  # longer than an upload may last
log = structlog.get_logger("documents")


async def sweep(database: Database, store: DocumentStore, now: datetime) -> int:
    """Remove what is older than AGE at `now` and named by no row; the number of objects removed.

    Safe beside uploads and beside other sweeps: an upload holds its content's lock from before it looks
    whether the content is there until its row is committed, and what is removed is looked at under that lock.
    """
    removed = await store.remove_unfinished(now - AGE)
    async for page in store.listed(INCOMING):
        for item in _old(page, now):
            await store.remove(item.key)
            removed += 1
    async for page in store.listed(CONTENT):
        old = {item.name: item for item in _old(page, now)}
        async with database.transaction() as session:
            named = await _named(session, list(old))
        for sha256 in sorted(old.keys() - named):
            removed += await _remove_unnamed(database, store, old[sha256])
    return removed


async def _remove_unnamed(database: Database, store: DocumentStore, item: Listed) -> bool:
    async with database.transaction() as session:
        free = await session.scalar(select(func.pg_try_advisory_xact_lock(content_lock(item.name))))
        # a statement of its own, after the lock: it sees what an upload committed before it let go
        if not free or await _named(session, [item.name]):
            return False
        await store.remove(item.key)
        log.info("a content that no document names was removed", sha256=item.name)
        return True


async def _named(session: AsyncSession, digests: Sequence[str]) -> set[str]:
    """Which of the digests a row names; a deleted document keeps its content."""
    statement = select(Document.sha256).where(Document.sha256.in_(digests)).distinct()
    return set(await session.scalars(statement, execution_options=AS_SYSTEM))


def _old(page: Sequence[Listed], now: datetime) -> list[Listed]:
    return [item for item in page if now - item.modified > AGE]
