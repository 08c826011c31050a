"""Documents lie where their object lies: when it moves, goes or comes back, the feed tells of them too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from sqlalchemy import Uuid, any_, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.tables import Document
from chassis.documents.writing import AS_PARENT, DocumentsOf, Place
from chassis.feed.outbox import Change, emit

_CHUNK: Final = 1000


async def documents_moved(
    session: AsyncSession, collection: str, places: Iterable[Place], actor: str
) -> None:
    """Tell of the documents of objects that have come (back) to `places`; the caller holds their locks.

    Nobody wrote the documents, so their versions stay. Without this whoever sees only the old place would
    keep them in feed and snapshot, and whoever sees the new one would never be told of them.
    """
    await _tell(session, collection, places, actor, "updated", "parent")


async def documents_gone(session: AsyncSession, collection: str, places: Iterable[Place], actor: str) -> None:
    """The same of objects that were deleted: their documents are reached no more, though their rows stay."""
    await _tell(session, collection, places, actor, "deleted", "deleted_at")


async def _tell(
    session: AsyncSession,
    collection: str,
    places: Iterable[Place],
    actor: str,
    change: str,
    changed: str,
) -> None:
    held = {place.id: place for place in places}
    last: UUID | None = None
    while held:
        statement = select(Document).where(
            Document.collection == collection,
            Document.parent_id == any_(literal(list(held), ARRAY(Uuid))),
            Document.deleted_at.is_(None),
        )
        if last is not None:
            statement = statement.where(Document.id > last)
        statement = statement.order_by(Document.id).limit(_CHUNK).with_for_update()
        options = {**AS_PARENT, "populate_existing": True}
        rows = (await session.scalars(statement, execution_options=options)).all()
        await emit(session, actor, [_event(row, held[row.parent_id], change, changed) for row in rows])
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id


def _event(row: Document, place: Place, change: str, changed: str) -> Change:
    shown = DocumentsOf.show(row).model_dump(mode="json")
    return Change(
        "document",
        change,
        row.id,
        row.version,
        shown,
        [changed],
        place.division_path,
        place.zone_id,
        told_again=True,
    )
