"""Documents of a zone: applications, approvals, plans, evidence."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.categories import document_categories
from chassis.documents.writing import DocumentsOf, Place
from chassis.identity.principal import Principal
from services.registry.zones import queries
from services.registry.zones.models import Zone


def place_of(zone: Zone) -> Place:
    """Where the zone's documents lie."""
    return Place(zone.id, tuple(zone.division_path), zone.id)


async def _place(session: AsyncSession, principal: Principal, ref: str, *, lock: bool) -> Place:
    return place_of(await queries.find(session, principal, ref, lock=lock))


ZONE_DOCUMENTS = DocumentsOf("zones", _place, document_categories("zones"))
