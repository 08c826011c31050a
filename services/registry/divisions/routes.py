"""`/api/v1/divisions`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy import any_, literal

from chassis.exports.routes import add_exports
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.imports.routes import add_imports
from chassis.listing import EXACT, TEXT, Facet, Filter, Listing, ListQuery, fetch_page
from chassis.problems import NotFound
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.temporal.moment import NOW, AskedMoment
from chassis.temporal.timeline import TIMELINE, TimelineEntry, versions_page
from services.registry.divisions.history import DIVISION_HISTORY, divisions_at
from services.registry.divisions.importing import DIVISION_IMPORT
from services.registry.divisions.models import Division
from services.registry.divisions.queries import division_names, in_edition
from services.registry.divisions.schemas import DivisionOut
from services.registry.divisions.vocabulary import LEVEL

router = ResourceRouter("divisions")
CanRead = Annotated[Principal, require("reference.read")]


def below(code: str) -> Any:
    """Entries whose path leads through `code`."""
    return literal(code) == any_(Division.path)


DIVISIONS = Listing(
    filters={
        "id": Filter(Division.id, "uuid"),
        "code": Filter(Division.code, "code", (*EXACT, "prefix")),
        "name": Filter(Division.name, "text", TEXT),
        "level": Filter(Division.level, "enum", EXACT, ("province", "prefecture", "county")),
        "edition": Filter(
            kind="code", condition=in_edition, description="Entries that stand in this edition, YYYYMM"
        ),
        "within": Filter(kind="code", condition=below, description="A division and all below it"),
        "first_edition": Filter(Division.first_edition, "code", (*EXACT, "lt", "lte", "gt", "gte")),
        "province": Filter(Division.path[1], "code", EXACT),
        "gone_by_edition": Filter(Division.gone_by_edition, "code", ("isnull", "lt", "lte", "gt", "gte")),
    },
    sorts={"code": (Division.code, str), "first_edition": (Division.first_edition, str)},
    default_sort="code,first_edition",
    id_column=Division.id,
    searched=Division,
    facets={"level": Facet(Division.level, LEVEL), "province": Facet(Division.path[1], division_names)},
)


@router.get("/divisions", operation_id="list_divisions", summary="List divisions")
async def list_divisions(
    _reader: CanRead,
    query: Annotated[ListQuery, Depends(DIVISIONS)],
    moment: AskedMoment,
    session: Transaction,
) -> Page[DivisionOut]:
    """Entries of GB/T 2260 with the editions between which they stood, or those of a date."""
    rows, page = await fetch_page(session, divisions_at(moment), query)
    return Page(items=[DivisionOut.model_validate(row[0]) for row in rows], page=page)


add_exports(router, "divisions", "reference.read", DIVISIONS, DIVISION_IMPORT, lambda _: divisions_at(NOW))


@router.get("/divisions/{ref}", operation_id="get_division", summary="Get one division")
async def get_division(_reader: CanRead, ref: str, moment: AskedMoment, session: Transaction) -> DivisionOut:
    """By id, or by `code:330282`: then the newest entry of the code, or the one that stood on `as_of`."""
    reference = Reference.from_path(ref)
    found = Division.id == reference.id if reference.id else Division.code == reference.code
    statement = divisions_at(moment).where(found).order_by(Division.first_edition.desc()).limit(1)
    row = (await session.scalars(statement)).one_or_none()
    if row is None:
        raise NotFound()
    return DivisionOut.model_validate(row)


@router.get(
    "/divisions/{ref}/timeline", operation_id="list_division_versions", summary="Timeline of a division"
)
async def list_division_versions(
    reader: CanRead, ref: str, query: Annotated[ListQuery, Depends(TIMELINE)], session: Transaction
) -> Page[TimelineEntry[DivisionOut]]:
    """Every version of an entry: between which editions it stood, since and until when it was on record."""
    division = await get_division(reader, ref, NOW, session)
    versions = await versions_page(session, DIVISION_HISTORY, division.id, reader.view, query)
    return versions.shown(DivisionOut.model_validate)


add_imports(router, "divisions", "reference.write", DIVISION_IMPORT)
