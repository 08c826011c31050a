"""Documents of a record, which lie where its zone lies."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.categories import document_categories
from chassis.documents.writing import DocumentsOf, FindPlace, Place
from chassis.identity.principal import Principal
from services.projects.record_writing import lock_record
from services.projects.records import Entry, Model, Records, Shown, find
from services.projects.zone_link import NATION


def documents_of(collection: str, records: Records[Model, Entry, Shown]) -> DocumentsOf:
    """The documents of a collection of records."""
    return DocumentsOf(collection, _places(records), document_categories(collection))


def _places(records: Records[Model, Entry, Shown]) -> FindPlace:
    async def place(session: AsyncSession, principal: Principal, ref: str, *, lock: bool) -> Place:
        found = await find(session, records, principal, ref)
        record, path = found[0], found.zone_path
        if lock:
            record, zones = await lock_record(session, records.model, record, record.zone_id, principal)
            path = zones[record.zone_id].division_path if record.zone_id is not None else None
        return Place(record.id, NATION if path is None else tuple(path), record.zone_id)

    return place
