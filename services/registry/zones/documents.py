"""Documents of a zone: applications, approvals, plans, evidence."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.categories import document_categories
from chassis.documents.writing import DocumentsOf, Place
from chassis.identity.principal import Principal
from services.registry.zones import queries


async def _place(session: AsyncSession, principal: Principal, ref: str, *, lock: bool) -> Place:
    zone = await queries.find(session, principal, ref, lock=lock)
    return Place(zone.id, tuple(zone.division_path), zone.id)


ZONE_DOCUMENTS = DocumentsOf("zones", _place, document_categories("zones"))
