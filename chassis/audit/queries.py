"""Whose records a caller may read.

An auditor sees what was done in their places. Records that belong to no place (accounts, frameworks, batches
over several provinces) are the nation's: they are for auditors who may see everywhere. So are the heads and
the export, since only a whole chain can be verified.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Select, select

from chassis.audit.schemas import AuditRecordOut, PersonalOut
from chassis.audit.tables import audit_record
from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.listing import Filter, Listing
from chassis.problems import Forbidden
from chassis.words import Words

_INSTANTS = ("lt", "lte", "gt", "gte")
_columns = audit_record.c
RECORDS = Listing(
    filters={
        "number": Filter(_columns.number, "integer", ("eq", *_INSTANTS)),
        "actor": Filter(_columns.actor, "text", ("eq", "in", "prefix")),
        "action": Filter(_columns.action, "text", ("eq", "in", "prefix")),
        "object_kind": Filter(_columns.object_kind, "text", ("eq", "in")),
        "object_id": Filter(_columns.object_id, "uuid", ("eq", "in")),
        "trace_id": Filter(_columns.trace_id, "text", ("eq",)),
        "at": Filter(_columns.at, "instant", _INSTANTS, description="When it was numbered"),
        "occurred_at": Filter(_columns.occurred_at, "instant", _INSTANTS),
    },
    sorts={"number": (_columns.number, int)},
    default_sort="-number",
    id_column=_columns.record_id,
)


def visible_to(auditor: Principal) -> Select[Any]:
    """Records of the auditor's places."""
    condition = in_scope(auditor.view, _columns.division_path, _columns.zone_id)
    return select(audit_record).where(condition).execution_options(scope="caller")


def require_nationwide(auditor: Principal) -> None:
    """Raise 403 unless the caller may see everywhere."""
    if not auditor.view.everywhere:
        raise Forbidden(
            Words(
                "审计链只能整体验证, 需要全国查看范围",
                "A chain is whole or nothing: a nationwide view is needed",
            ),
            members={"reason": "outside_view_scope"},
        )


def shown(row: Any, held: Mapping[str, Any]) -> AuditRecordOut:
    """A numbered record with the personal values that are still held."""
    record: dict[str, Any] = msgspec.json.decode(row.record)
    personal = {
        name: PersonalOut(digest=digest, erased=False, value=held[name].value)
        if name in held
        else PersonalOut(digest=digest, erased=True, value=None)
        for name, digest in record.pop("personal").items()
    }
    at: datetime = row.at
    return AuditRecordOut(**record, number=row.number, at=at, hash=row.hash.hex(), personal=personal)
