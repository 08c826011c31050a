"""`/api/v1/audit`: the trail of the service that `source` names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse

from chassis.audit import personal
from chassis.audit.export import range_line, record_lines
from chassis.audit.queries import RECORDS, require_nationwide, shown, visible_to
from chassis.audit.recording import record
from chassis.audit.schemas import AuditRecordOut, Erased, Erasure, HeadOut
from chassis.audit.signing import head_of, newest_heads, sign_newest
from chassis.audit.tables import audit_head
from chassis.database import Database
from chassis.identity.access import require, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.listing import Listing, ListQuery, fetch_page, invalid
from chassis.problems import Conflict, Issue
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.words import Words

NDJSON = "application/x-ndjson"
CanRead = Annotated[Principal, require("audit.read")]
CanErase = Annotated[Principal, require("audit.erase")]
router = ResourceRouter("audit")
_LARGEST = 2**62
_NOT_SIGNED = Words(
    "尚无签名, 请先 POST /api/v1/audit/heads", "Nothing is signed; POST /api/v1/audit/heads first"
)
_NOTHING = Words("尚无审计记录", "Nothing has been recorded yet")
HEADS = Listing(
    filters={},
    sorts={"number": (audit_head.c.number, int)},
    default_sort="-number",
    id_column=audit_head.c.id,
)


def own_source(
    request: Request, source: Annotated[str, Query(description="The service whose trail is read")] = ""
) -> str:
    """The name of this service; 400 if another was asked for."""
    service: str = request.app.state.runtime.settings.service
    if source not in {"", service}:
        words = Words(f"此服务的 source 为 {service}", f"The source of this service is {service}")
        raise invalid("source", words)
    return service


Source = Annotated[str, Depends(own_source)]


@router.get("/audit", operation_id="list_audit_records", summary="Read the audit trail")
async def list_audit_records(
    auditor: CanRead, _source: Source, query: Annotated[ListQuery, Depends(RECORDS)], session: Transaction
) -> Page[AuditRecordOut]:
    """Numbered records of the auditor's places, newest first."""
    rows, page = await fetch_page(session, visible_to(auditor), query)
    held = await personal.held_values(session, [row.record_id for row in rows])
    return Page(items=[shown(row, held.get(row.record_id, {})) for row in rows], page=page)


@router.get("/audit/heads", operation_id="list_audit_heads", summary="Signed heads of the audit trail")
async def list_audit_heads(
    auditor: CanRead, source: Source, query: Annotated[ListQuery, Depends(HEADS)], session: Transaction
) -> Page[HeadOut]:
    """Newest first. Whoever keeps a head elsewhere can prove that nothing before it was altered since."""
    require_nationwide(auditor)
    rows, page = await fetch_page(session, newest_heads().order_by(None), query)
    return Page(items=[HeadOut(**asdict(head_of(row, source))) for row in rows], page=page)


@router.post(
    "/audit/heads", status_code=201, operation_id="sign_audit_head", summary="Sign the newest record"
)
async def sign_audit_head(
    request: Request, auditor: CanRead, source: Source, session: Transaction
) -> HeadOut:
    """A head for all that is numbered; the last one if nothing was recorded since."""
    require_nationwide(auditor)
    head = await sign_newest(session, source, request.app.state.runtime.signer)
    if head is None:
        raise Conflict(_NOTHING, issues=[Issue("nothing_recorded", _NOTHING)])
    record(session, details={"number": head.number})
    return HeadOut(**asdict(head))


@router.get(
    "/audit/export",
    operation_id="export_audit",
    summary="Export a range of the audit trail",
    response_class=StreamingResponse,
    responses={200: {"content": {NDJSON: {"schema": {"type": "string"}}}}},
)
async def export_audit(
    request: Request,
    auditor: CanRead,
    _source: Source,
    session: Transaction,
    first: Annotated[int, Query(alias="from", ge=1, le=_LARGEST, description="First number")] = 1,
    last: Annotated[
        int | None,
        Query(alias="to", ge=1, le=_LARGEST, description="Last number; by default the last signed"),
    ] = None,
    with_personal: Annotated[
        bool, Query(alias="personal", description="Add the personal values that are held, with their salts")
    ] = False,
) -> StreamingResponse:
    """NDJSON for `sdz audit verify`: a line on the range, the records, the heads that vouch for them."""
    require_nationwide(auditor)
    database: Database = request.app.state.runtime.database
    signed = (await session.execute(newest_heads().limit(1))).one_or_none()
    if signed is None:
        raise Conflict(_NOT_SIGNED, issues=[Issue("nothing_signed", _NOT_SIGNED)])
    if last is not None and last > signed.number:
        words = Words(f"已签名至 {signed.number}", f"Signed up to {signed.number}")
        raise invalid("to", words)
    end = signed.number if last is None else last
    if first > end:
        raise invalid("from", Words(f"不得大于 {end}", f"Must be at most {end}"))
    begin = await range_line(session, database.schema, first, end)

    async def lines() -> AsyncIterator[bytes]:
        yield begin
        async for part in record_lines(database, first, end, personal=with_personal):
            yield part

    return StreamingResponse(lines(), media_type=NDJSON)


@router.post("/audit/erasures", operation_id="erase_personal_data", summary="Erase what is personal")
async def erase_personal_data(
    eraser: CanErase, _source: Source, erasure: Erasure, session: Transaction
) -> Erased:
    """Remove clear values and their salts; records and chain stay. The erasing is itself recorded."""
    require_write_everywhere(eraser)
    count = await personal.erase(session, about=erasure.about, record_id=erasure.record)
    return Erased(erased=count)
