"""`/api/v1/operations`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Request
from sqlalchemy import func, update

from chassis.audit.recording import record
from chassis.database import Database
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page, require_source
from chassis.operations import queries
from chassis.operations.representation import OperationOut, show
from chassis.operations.states import FINISHED
from chassis.operations.tables import operation
from chassis.routing import ResourceRouter, Transaction
from chassis.runtime import Runtime
from chassis.schemas import Page
from chassis.tracing import remaining_seconds

router = ResourceRouter("operations")
list_router = ResourceRouter("operations")
CanRead = Annotated[Principal, require("operation.read")]


def _service(request: Request) -> str:
    return str(request.app.state.runtime.settings.service)


@list_router.get("/operations", operation_id="list_operations", summary="List operations")
async def list_operations(
    request: Request,
    reader: CanRead,
    session: Transaction,
    query: Annotated[ListQuery, Depends(queries.listing)],
    language: Language,
    source: Annotated[str, Query(description="The service whose operations are listed")] = "",
) -> Page[OperationOut]:
    """What the caller started, the newest first; everybody's for operators."""
    require_source(request, source)
    rows, page = await fetch_page(session, queries.visible_to(reader), query)
    return Page(items=[show(row, _service(request), language) for row in rows], page=page)


@router.get("/operations/{ref}", operation_id="get_operation", summary="Read an operation")
async def get_operation(
    request: Request,
    reader: CanRead,
    ref: str,
    language: Language,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for its end")] = 0,
) -> OperationOut:
    """How far it is, and how it ended. A wait holds no database connection."""
    runtime: Runtime = request.app.state.runtime
    database: Database = runtime.database
    operation_id = queries.id_in(ref, _service(request))
    async with database.transaction() as session:
        row = await queries.find(session, reader, operation_id)
    seconds = min(wait, max(0.0, remaining_seconds(wait) - 0.5)) if wait else 0.0
    if seconds and row.state not in FINISHED:
        await runtime.waiting.until_finished(operation_id, seconds)
        async with database.transaction() as session:
            row = await queries.find(session, reader, operation_id)
    return show(row, _service(request), language)


@router.post("/operations/{ref}/cancel", operation_id="cancel_operation", summary="Cancel an operation")
async def cancel_operation(
    request: Request, caller: CanRead, ref: str, session: Transaction, language: Language
) -> OperationOut:
    """What waits is cancelled at once, what runs is asked to end (its effect stays undone unless it is
    quicker), what has ended stays as it is: the answer says which.
    """
    operation_id = queries.id_in(ref, _service(request))
    row = await queries.find(session, caller, operation_id, lock=True)
    if row.state not in FINISHED:
        asked = update(operation).where(operation.c.id == operation_id)
        asked = asked.values(cancel_requested_at=func.coalesce(operation.c.cancel_requested_at, func.now()))
        if row.state == "queued":
            asked = asked.values(state="cancelled", finished_at=func.now())
        row = (await session.execute(asked.returning(operation))).one()
        record(session, details={"operation": operation_id})
    return show(row, _service(request), language)
