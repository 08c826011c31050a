"""`/api/v1/projects`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Response

from chassis.documents.routes import add_documents
from chassis.etag import IfMatch
from chassis.exports.routes import add_exports
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.routes import add_imports
from chassis.listing import ListQuery, fetch_page
from chassis.routing import ResourceRouter
from chassis.schemas import Page
from services.projects import record_writing
from services.projects.expanding import EXPAND
from services.projects.projects.queries import LISTING, PROJECT_DOCUMENTS, PROJECTS
from services.projects.projects.schemas import ProjectEntry, ProjectOut, ProjectPatch
from services.projects.record_import import as_row, importer
from services.projects.records import InExchange, find
from services.projects.zone_link import visible_to

router = ResourceRouter("projects")
CanRead = Annotated[Principal, require("project.read")]
CanWrite = Annotated[Principal, require("project.write")]
Query = Annotated[ListQuery, Depends(LISTING)]
IMPORT = importer(PROJECTS)


@router.get("/projects", operation_id="list_projects", summary="List projects", dependencies=[EXPAND])
async def list_projects(reader: CanRead, query: Query, exchange: InExchange) -> Page[ProjectOut]:
    """Projects that the caller may see, filtered and page by page."""
    rows, page = await fetch_page(exchange.session, visible_to(reader, PROJECTS.model), query)
    return Page(items=[PROJECTS.show_found(row, exchange.language) for row in rows], page=page)


@router.post("/projects", status_code=201, operation_id="create_project", summary="Enter a project")
async def create_project(
    actor: CanWrite, body: ProjectEntry, exchange: InExchange, response: Response
) -> ProjectOut:
    """Enter a project of a zone, or of the nation when no zone is named."""
    created = await record_writing.create(exchange, PROJECTS, body, actor)
    response.headers["location"] = f"/api/v1/projects/{created.id}"
    return created


add_exports(
    router,
    "projects",
    "project.read",
    LISTING,
    IMPORT,
    lambda reader: visible_to(reader, PROJECTS.model),
    as_row,
)


@router.get("/projects/{ref}", operation_id="get_project", summary="Get one project", dependencies=[EXPAND])
async def get_project(reader: CanRead, ref: str, exchange: InExchange) -> ProjectOut:
    """By id or `code:PRJ-0004`."""
    found = await find(exchange.session, PROJECTS, reader, ref)
    return PROJECTS.show_found(found, exchange.language)


@router.patch("/projects/{ref}", operation_id="change_project", summary="Change a project")
async def change_project(
    actor: CanWrite, ref: str, version: IfMatch, body: ProjectPatch, exchange: InExchange
) -> ProjectOut:
    """Merge patch under If-Match; moving it to another zone needs write scope at both."""
    return await record_writing.change(exchange, PROJECTS, ref, version, body, actor)


@router.delete("/projects/{ref}", status_code=204, operation_id="delete_project", summary="Delete a project")
async def delete_project(actor: CanWrite, ref: str, version: IfMatch, exchange: InExchange) -> None:
    """Soft deletion under If-Match."""
    await record_writing.remove(exchange, PROJECTS, ref, version, actor)


add_imports(router, "projects", "project.write", IMPORT)
add_documents(router, PROJECT_DOCUMENTS, read="project.read", write="document.write")
