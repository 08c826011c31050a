"""Paths of cycles; and the deletion of frameworks, which depends on their use in cycles."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Response

from chassis.etag import IfMatch, check_version
from chassis.identity.access import require, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import Filter, Listing, ListQuery, fetch_page
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from services.evaluation.cycles import queries, writing
from services.evaluation.cycles.models import Cycle
from services.evaluation.cycles.schemas import CycleIn, CycleOut, CyclePatch
from services.evaluation.frameworks import queries as frameworks
from services.evaluation.frameworks.models import Framework
from services.evaluation.references import named_by

router = ResourceRouter("cycles")
# here, because only cycles know whether a framework is in use
framework_router = ResourceRouter("frameworks")
CanRead = Annotated[Principal, require("framework.read")]
CanWrite = Annotated[Principal, require("framework.write")]
cycles = Listing(
    filters={
        "code": Filter(Cycle.code, "code", ("eq", "in", "prefix")),
        "period": Filter(Cycle.period, "code", ("eq", "in", "prefix")),
        "framework": Filter(
            kind="reference",
            condition=lambda reference: named_by(Framework, reference),
            description="The framework's id or code:CODE",
        ),
    },
    sorts={
        "code": (Cycle.code, str),
        "period": (Cycle.period, str),
        "created_at": (Cycle.created_at, datetime),
    },
    default_sort="code",
    id_column=Cycle.id,
)


@router.post("/cycles", status_code=201, operation_id="create_cycle", summary="Create a cycle")
async def create_cycle(
    actor: CanWrite, body: CycleIn, session: Transaction, response: Response, language: Language
) -> CycleOut:
    """Apply a framework to a period."""
    require_write_everywhere(actor)
    cycle = await writing.create(session, body, actor.subject)
    response.headers["location"] = f"/api/v1/cycles/{cycle.id}"
    return queries.show(cycle, language)


@router.get("/cycles", operation_id="list_cycles", summary="List cycles")
async def list_cycles(
    _reader: CanRead, session: Transaction, query: Annotated[ListQuery, Depends(cycles)], language: Language
) -> Page[CycleOut]:
    """Rounds of evaluation."""
    rows, page = await fetch_page(session, queries.live(), query)
    return Page(items=[queries.show(row.Cycle, language) for row in rows], page=page)


@router.get("/cycles/{ref}", operation_id="get_cycle", summary="Read a cycle")
async def get_cycle(ref: str, _reader: CanRead, session: Transaction, language: Language) -> CycleOut:
    """One cycle, by id or code."""
    return queries.show(await queries.find(session, ref), language)


@router.patch("/cycles/{ref}", operation_id="change_cycle", summary="Change a cycle")
async def change_cycle(
    ref: str, actor: CanWrite, version: IfMatch, body: CyclePatch, session: Transaction, language: Language
) -> CycleOut:
    """Merge patch under If-Match; runs keep the period and framework they were made with."""
    require_write_everywhere(actor)
    cycle = await queries.find(session, ref, lock=True)
    await check_version(session, cycle, version, queries.show(cycle, language))
    await writing.change(session, cycle, body, actor.subject)
    return queries.show(cycle, language)


@router.delete("/cycles/{ref}", status_code=204, operation_id="delete_cycle", summary="Delete a cycle")
async def delete_cycle(
    ref: str, actor: CanWrite, version: IfMatch, session: Transaction, language: Language
) -> None:
    """Soft deletion; its runs stay readable."""
    require_write_everywhere(actor)
    cycle = await queries.find(session, ref, lock=True)
    await check_version(session, cycle, version, queries.show(cycle, language))
    await writing.remove(session, cycle, actor.subject)


@framework_router.delete(
    "/frameworks/{ref}", status_code=204, operation_id="delete_framework", summary="Delete a framework"
)
async def delete_framework(
    ref: str, actor: CanWrite, version: IfMatch, session: Transaction, language: Language
) -> None:
    """Soft deletion; 409 while a cycle uses it."""
    require_write_everywhere(actor)
    framework = await frameworks.find(session, ref, lock=True)
    await check_version(session, framework, version, frameworks.show(framework, language))
    await writing.remove_framework(session, framework, actor.subject)
