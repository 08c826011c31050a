"""Paths of frameworks and indicators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Response

from chassis.etag import IfMatch, check_version
from chassis.identity.access import require, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.language import Language
from chassis.listing import EXACT, Facet, Filter, Listing, ListQuery, fetch_page
from chassis.problems import NotFound
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from services.evaluation.frameworks import queries, writing
from services.evaluation.frameworks.models import Framework, Indicator
from services.evaluation.frameworks.schemas import (
    FrameworkIn,
    FrameworkOut,
    FrameworkPatch,
    FrameworkSummaryOut,
    IndicatorOut,
)
from services.evaluation.references import named_by

router = ResourceRouter("frameworks")
CanRead = Annotated[Principal, require("framework.read")]
CanWrite = Annotated[Principal, require("framework.write")]
frameworks = Listing(
    filters={
        "id": Filter(Framework.id, "uuid"),
        "code": Filter(Framework.code, "code", (*EXACT, "prefix")),
    },
    sorts={"code": (Framework.code, str), "created_at": (Framework.created_at, datetime)},
    default_sort="code",
    id_column=Framework.id,
    searched=Framework,
)
indicators = Listing(
    filters={
        "id": Filter(Indicator.id, "uuid"),
        "code": Filter(Indicator.code, "code", (*EXACT, "prefix")),
        "unit": Filter(Indicator.unit, "text"),
    },
    sorts={"code": (Indicator.code, str), "created_at": (Indicator.created_at, datetime)},
    default_sort="code",
    id_column=Indicator.id,
    searched=Indicator,
    facets={"unit": Facet(Indicator.unit)},
)


@router.post("/frameworks", status_code=201, operation_id="create_framework", summary="Create a framework")
async def create_framework(
    actor: CanWrite, body: FrameworkIn, session: Transaction, response: Response, language: Language
) -> FrameworkOut:
    """A tree of branches and indicators; indicators that are not known yet are created with it."""
    require_write_everywhere(actor)
    framework = await writing.create(session, body, actor.subject)
    response.headers["location"] = f"/api/v1/frameworks/{framework.id}"
    return queries.show(framework, language)


@router.get("/frameworks", operation_id="list_frameworks", summary="List frameworks")
async def list_frameworks(
    _reader: CanRead,
    session: Transaction,
    query: Annotated[ListQuery, Depends(frameworks)],
    language: Language,
) -> Page[FrameworkSummaryOut]:
    """Frameworks without their nodes."""
    rows, page = await fetch_page(session, queries.live(), query)
    return Page(items=[queries.show_summary(row.Framework, language) for row in rows], page=page)


@router.get("/frameworks/{ref}", operation_id="get_framework", summary="Read a framework")
async def get_framework(ref: str, _reader: CanRead, session: Transaction, language: Language) -> FrameworkOut:
    """One framework with its nodes, by id or code."""
    return queries.show(await queries.find(session, ref), language)


@router.patch("/frameworks/{ref}", operation_id="change_framework", summary="Change a framework")
async def change_framework(
    ref: str,
    actor: CanWrite,
    version: IfMatch,
    body: FrameworkPatch,
    session: Transaction,
    language: Language,
) -> FrameworkOut:
    """Merge patch under If-Match; nodes are replaced whole, runs keep those they were made with."""
    require_write_everywhere(actor)
    framework = await queries.find(session, ref, lock=True)
    await check_version(session, framework, version, queries.show(framework, language))
    return queries.show(await writing.change(session, framework, body, actor.subject), language)


@router.get("/indicators", operation_id="list_indicators", summary="List indicators")
async def list_indicators(
    _reader: CanRead,
    session: Transaction,
    query: Annotated[ListQuery, Depends(indicators)],
    language: Language,
) -> Page[IndicatorOut]:
    """Indicators of all frameworks."""
    rows, page = await fetch_page(session, queries.live_indicators(), query)
    return Page(items=[queries.show_indicator(row.Indicator, language) for row in rows], page=page)


@router.get("/indicators/{ref}", operation_id="get_indicator", summary="Read an indicator")
async def get_indicator(ref: str, _reader: CanRead, session: Transaction, language: Language) -> IndicatorOut:
    """One indicator, by id or code."""
    statement = queries.live_indicators().where(named_by(Indicator, Reference.from_path(ref)))
    row = await session.scalar(statement)
    if row is None:
        raise NotFound()
    return queries.show_indicator(row, language)
