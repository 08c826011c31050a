"""`GET /api/v1/operations` of the whole: the newest of every service, or the gateway's own page."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query, Request
from pydantic import ConfigDict

from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page, invalid
from chassis.operations import queries
from chassis.operations.representation import OPERATION_EXAMPLE, OperationOut, show
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Out, Page, PageInfo, Unavailable
from chassis.tracing import remaining_seconds
from chassis.words import Words
from services.gateway.proxy.routing_table import GATEWAY, PREFIX, SERVICES
from services.gateway.state import gateway_of
from services.gateway.views.part import Part, Wanted, fetch_part, unavailable

router = ResourceRouter("operations")
_SECONDS = 5.0
_NOT_PASSED_ON = frozenset({"source", "cursor"})
_PAGE: dict[str, Any] = {
    "limit": 50,
    "next_cursor": None,
    "has_more": False,
    "total": None,
    "total_kind": "none",
}


class AllOperations(Out):
    """`partial` and `unavailable` name the services that did not answer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": [OPERATION_EXAMPLE], "page": _PAGE, "partial": False, "unavailable": []}]
        }
    )

    items: list[OperationOut]
    page: PageInfo
    partial: bool
    unavailable: list[Unavailable]


@router.get("/operations", operation_id="list_operations", summary="List operations")
async def list_operations(
    request: Request,
    reader: Annotated[Principal, require("operation.read")],
    session: Transaction,
    query: Annotated[ListQuery, Depends(queries.listing)],
    language: Language,
    source: Annotated[str, Query(description="One service, whose list has pages")] = "",
) -> AllOperations:
    """What the caller started, the newest first; everybody's for operators.

    Without `source` the newest of all services and no cursor; with it one service's list, page by page.
    """
    if source not in {"", GATEWAY}:  # a service's own list never gets here
        raise invalid("source", Words("未知的服务", "No such service"))
    if not source and query.position is not None:
        raise invalid("cursor", Words("翻页须指明 source", "Pages need a source"))
    rows, page = await fetch_page(session, queries.visible_to(reader), query)
    own = [show(row, GATEWAY, language) for row in rows]
    if source:
        return AllOperations(items=own, page=page, partial=False, unavailable=[])
    parts = await _ask_all(request, reader, language)
    return _together(own, page, parts, downwards=query.sort[0][1])


async def _ask_all(request: Request, caller: Principal, language: str) -> Sequence[Part]:
    given = [(name, value) for name, value in request.query_params.items() if name not in _NOT_PASSED_ON]
    gateway, seconds = gateway_of(request), remaining_seconds(_SECONDS)
    return await asyncio.gather(
        *(
            fetch_part(
                gateway,
                caller,
                Wanted(
                    "operations", service, f"{PREFIX}operations?{urlencode([*given, ('source', service)])}"
                ),
                language,
                seconds,
            )
            for service in SERVICES
        )
    )


def _together(
    own: list[OperationOut], page: PageInfo, parts: Sequence[Part], *, downwards: bool
) -> AllOperations:
    """The first of all lists in one order, as many as a page has."""
    answered = [Page[OperationOut].model_validate(part.body) for part in parts if part.body is not None]
    items = [*own, *(item for other in answered for item in other.items)]
    items.sort(key=lambda item: (item.created_at, item.id), reverse=downwards)
    pages = [page, *(other.page for other in answered)]
    more = len(items) > page.limit or any(one.has_more for one in pages)
    total = None if page.total is None else sum(one.total or 0 for one in pages)
    missing = unavailable(parts)
    whole = page.model_copy(update={"next_cursor": None, "has_more": more, "total": total})
    return AllOperations(items=items[: page.limit], page=whole, partial=bool(missing), unavailable=missing)
