"""Starting an operation in a request, and the answer that says so (RFC 7240, AIP-151)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import record
from chassis.ids import new_id
from chassis.language import caller_language
from chassis.operations.kinds import OperationKind
from chassis.operations.queue import enqueue
from chassis.operations.representation import OPERATION_EXAMPLE, OperationOut, show
from chassis.operations.tables import operation
from chassis.tracing import current_trace_id

_PREFERENCE = "respond-async"


def _prefers_async(
    prefer: Annotated[
        str | None, Header(description="`respond-async`: answer 202 and an operation (RFC 7240)")
    ] = None,
) -> bool:
    preferences = (part.split(";")[0].strip().lower() for part in (prefer or "").split(","))
    return _PREFERENCE in preferences


# Whether the caller asked for an operation instead of an answer that takes its time.
PrefersAsync = Annotated[bool, Depends(_prefers_async)]

ACCEPTED: Mapping[int | str, dict[str, Any]] = {
    202: {
        "model": OperationOut,
        "description": "Accepted as an operation, which Location names",
        "content": {"application/json": {"example": OPERATION_EXAMPLE}},
    }
}


async def start(
    session: AsyncSession, service: str, kind: OperationKind[Any], given: BaseModel, actor: str
) -> Any:
    """Store an operation of `service` and its job in the transaction of `session`; the row as stored."""
    values = {
        "id": new_id(),
        "kind": kind.name,
        "state": "queued",
        "input": given.model_dump(mode="json", by_alias=True),
        "created_by": actor,
        "trace_id": current_trace_id(),
    }
    row = (await session.execute(insert(operation).values(values).returning(operation))).one()
    await enqueue(session, service, kind.name, row.id)
    record(session, details={"operation": row.id})  # its effect is recorded when it is there
    return row


def accepted(request: Request, row: Any) -> Response:
    """202 with the operation's address, whether the caller preferred that or the work is too large."""
    preferred = _prefers_async(request.headers.get("prefer"))
    service = request.app.state.runtime.settings.service
    shown = show(row, service, caller_language(request))
    return Response(
        shown.model_dump_json(),
        status_code=202,
        media_type="application/json",
        headers={
            "location": f"/api/v1/operations/{shown.id}",
            "cache-control": "no-store",
            **({"preference-applied": _PREFERENCE} if preferred else {}),
        },
    )
