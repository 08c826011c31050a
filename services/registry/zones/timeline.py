"""The timeline of a zone."""

from __future__ import annotations

from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import ListQuery
from chassis.problems import NotFound
from chassis.schemas import Page
from chassis.temporal.timeline import TimelineEntry, versions_page
from services.registry.divisions.models import Division
from services.registry.zones.history import ZONE_HISTORY
from services.registry.zones.models import Zone
from services.registry.zones.queries import named
from services.registry.zones.representation import show
from services.registry.zones.schemas import ZoneOut


async def zone_timeline(
    session: AsyncSession, reader: Principal, ref: str, query: ListQuery, language: str
) -> Page[TimelineEntry[ZoneOut]]:
    """One page of a zone's versions, also of one that was taken back; divisions by their names of now."""
    wanted = select(Zone.id).where(named(Reference.from_path(ref)))
    id = await session.scalar(wanted, execution_options=AS_SYSTEM)
    if id is None:
        raise NotFound()
    versions = await versions_page(session, ZONE_HISTORY, id, reader.view, query)
    listed = select(Division).where(Division.id.in_({row.division_id for row in versions.rows}))
    divisions = {division.id: division for division in await session.scalars(listed)}

    def shown(row: SimpleNamespace) -> ZoneOut:
        row.division = divisions[row.division_id]
        row.external_ids = [SimpleNamespace(**item) for item in row.external_ids]
        return show(row, language)  # type: ignore[arg-type]  # it has what a zone has

    return versions.shown(shown)
