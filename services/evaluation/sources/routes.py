"""Paths of sources."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from chassis.exports.routes import add_exports
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.imports.routes import add_imports
from chassis.listing import EXACT, TEXT, Facet, Filter, Listing, ListQuery, fetch_page
from chassis.problems import NotFound
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from services.evaluation.references import named_by
from services.evaluation.sources.importing import SOURCE_IMPORT
from services.evaluation.sources.models import Source
from services.evaluation.sources.queries import live
from services.evaluation.sources.schemas import SourceOut

router = ResourceRouter("sources")
CanRead = Annotated[Principal, require("reference.read")]
sources = Listing(
    filters={
        "id": Filter(Source.id, "uuid"),
        "code": Filter(Source.code, "code", (*EXACT, "prefix")),
        "title": Filter(Source.title, "text", TEXT),
        "publisher": Filter(Source.publisher, "text", (*TEXT, "isnull")),
    },
    sorts={"code": (Source.code, str)},
    default_sort="code",
    id_column=Source.id,
    searched=Source,
    facets={"publisher": Facet(Source.publisher)},
)


@router.get("/sources", operation_id="list_sources", summary="List sources")
async def list_sources(
    _reader: CanRead, session: Transaction, query: Annotated[ListQuery, Depends(sources)]
) -> Page[SourceOut]:
    """Sources of figures and facts, by code unless asked otherwise."""
    rows, page = await fetch_page(session, live(), query)
    return Page(items=[SourceOut.model_validate(row.Source) for row in rows], page=page)


add_exports(
    router,
    "sources",
    "reference.read",
    sources,
    SOURCE_IMPORT,
    lambda _: live(),
    lambda found: {"date": found.Source.published},
)


@router.get("/sources/{ref}", operation_id="get_source", summary="Read a source")
async def get_source(ref: str, _reader: CanRead, session: Transaction) -> SourceOut:
    """One source, by id or code."""
    row = await session.scalar(live().where(named_by(Source, Reference.from_path(ref))))
    if row is None:
        raise NotFound()
    return SourceOut.model_validate(row)


add_imports(router, "sources", "reference.write", SOURCE_IMPORT)
