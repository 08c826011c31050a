"""`/api/v1/achievements`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from chassis.etag import IfMatch
from chassis.exports.routes import add_exports
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.routes import add_imports
from chassis.listing import ListQuery, fetch_page
from chassis.routing import ResourceRouter
from chassis.schemas import Page
from services.projects import record_writing
from services.projects.achievements.queries import ACHIEVEMENTS, LISTING
from services.projects.achievements.schemas import AchievementEntry, AchievementOut, AchievementPatch
from services.projects.expanding import EXPAND
from services.projects.record_import import as_row, importer
from services.projects.records import InExchange, find
from services.projects.zone_link import visible_to

router = ResourceRouter("achievements")
CanRead = Annotated[Principal, require("achievement.read")]
CanWrite = Annotated[Principal, require("achievement.write")]
Query = Annotated[ListQuery, Depends(LISTING)]
IMPORT = importer(ACHIEVEMENTS)


@router.get(
    "/achievements", operation_id="list_achievements", summary="List achievements", dependencies=[EXPAND]
)
async def list_achievements(reader: CanRead, query: Query, exchange: InExchange) -> Page[AchievementOut]:
    """Achievements that the caller may see, filtered and page by page."""
    rows, page = await fetch_page(exchange.session, visible_to(reader, ACHIEVEMENTS.model), query)
    return Page(items=[ACHIEVEMENTS.show_found(row, exchange.language) for row in rows], page=page)


@router.post(
    "/achievements", status_code=201, operation_id="create_achievement", summary="Enter an achievement"
)
async def create_achievement(
    actor: CanWrite, body: AchievementEntry, exchange: InExchange, response: Response
) -> AchievementOut:
    """Enter an achievement of a zone, or of the nation when no zone is named."""
    created = await record_writing.create(exchange, ACHIEVEMENTS, body, actor)
    response.headers["location"] = f"/api/v1/achievements/{created.id}"
    return created


add_exports(
    router,
    "achievements",
    "achievement.read",
    LISTING,
    IMPORT,
    lambda reader: visible_to(reader, ACHIEVEMENTS.model),
    as_row,
)


@router.get(
    "/achievements/{ref}",
    operation_id="get_achievement",
    summary="Get one achievement",
    dependencies=[EXPAND],
)
async def get_achievement(reader: CanRead, ref: str, exchange: InExchange) -> AchievementOut:
    """By id or `code:ACH-0031`."""
    found = await find(exchange.session, ACHIEVEMENTS, reader, ref)
    return ACHIEVEMENTS.show_found(found, exchange.language)


@router.patch("/achievements/{ref}", operation_id="change_achievement", summary="Change an achievement")
async def change_achievement(
    actor: CanWrite, ref: str, version: IfMatch, body: AchievementPatch, exchange: InExchange
) -> AchievementOut:
    """Merge patch under If-Match; moving it to another zone needs write scope at both."""
    return await record_writing.change(exchange, ACHIEVEMENTS, ref, version, body, actor)


@router.delete(
    "/achievements/{ref}", status_code=204, operation_id="delete_achievement", summary="Delete an achievement"
)
async def delete_achievement(actor: CanWrite, ref: str, version: IfMatch, exchange: InExchange) -> None:
    """Soft deletion under If-Match."""
    await record_writing.remove(exchange, ACHIEVEMENTS, ref, version, actor)


add_imports(router, "achievements", "achievement.write", IMPORT)
