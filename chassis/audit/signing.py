"""Signing the newest number of the chain."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.heads import Head, signature_text
from chassis.audit.tables import audit_head, audit_record
from chassis.database import AS_SYSTEM
from chassis.identity.tokens import Signer

log = structlog.get_logger("audit")


def instant_text(value: datetime) -> str:
    """RFC 3339 in UTC with microseconds, as records and heads carry it."""
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def head_of(row: Any, service: str) -> Head:
    return Head(
        service,
        row.number,
        row.hash.hex(),
        instant_text(row.at),
        row.key_id,
        signature_text(row.signature),
    )


def newest_heads() -> Select[Any]:
    return select(audit_head).order_by(audit_head.c.number.desc())


async def sign_newest(session: AsyncSession, service: str, signer: Signer) -> Head | None:
    """Sign the newest numbered record, unless it is signed; its head, or None while there is no record."""
    newest = (
        select(audit_record.c.number, audit_record.c.hash).order_by(audit_record.c.number.desc()).limit(1)
    )
    record = (await session.execute(newest, execution_options=AS_SYSTEM)).one_or_none()
    if record is None:
        return None
    signed = (await session.execute(newest_heads().limit(1))).one_or_none()
    if signed is not None and signed.number >= record.number:
        return head_of(signed, service)
    at = datetime.now(UTC)
    head = Head(service, record.number, record.hash.hex(), instant_text(at), signer.key_id)
    signature = signer.sign_bytes(head.signed_bytes())
    row = {"number": head.number, "hash": record.hash, "at": at, "key_id": head.key_id}
    # two that sign at once make one head
    await session.execute(insert(audit_head).values(**row, signature=signature).on_conflict_do_nothing())
    kept = await session.execute(select(audit_head).where(audit_head.c.number == head.number))
    head = head_of(kept.one(), service)
    # a copy outside the database: whoever keeps the logs can tell if the chain was cut off and begun anew
    log.info("audit head", **{name: getattr(head, name) for name in Head.__dataclass_fields__})
    return head
