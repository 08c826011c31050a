"""A range of the chain as NDJSON, every line in canonical form, fit to be verified off line.

    {"format":"sdz-audit-1","from":1,"previous":"…","service":"registry","to":200,"type":"range"}
    {"at":"…","hash":"…","number":1,"record":{…},"type":"record"}
    {"at":"…","hash":"…","key_id":"…","number":1,"service":"registry","signature":"…","type":"head"}

`previous` is the hash of the record before the range. A head follows the record that it vouches for. With
personal values each record has a member `personal`, `{"reason":{"salt":"…","value":"…"}}`; a value that is
missing there was erased.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.chain import FORMAT, canonical, genesis
from chassis.audit.personal import held_values
from chassis.audit.signing import head_of, instant_text
from chassis.audit.tables import audit_head, audit_record
from chassis.database import AS_SYSTEM, Database

_AT_ONCE = 500


async def range_line(session: AsyncSession, service: str, first: int, last: int) -> bytes:
    """The line that a file begins with."""
    previous = genesis(service)
    if first > 1:
        statement = select(audit_record.c.hash).where(audit_record.c.number == first - 1)
        previous = (await session.execute(statement, execution_options=AS_SYSTEM)).scalar_one()
    members = {"format": FORMAT, "from": first, "previous": previous.hex(), "service": service}
    return _line("range", {**members, "to": last})


async def record_lines(database: Database, first: int, last: int, *, personal: bool) -> AsyncIterator[bytes]:
    """Records and heads from `first` to `last`, some hundred at a time; no connection is held between."""
    for start in range(first, last + 1, _AT_ONCE):
        end = min(start + _AT_ONCE - 1, last)
        async with database.transaction() as session:
            in_part = audit_record.c.number.between(start, end)
            statement = select(audit_record).where(in_part).order_by(audit_record.c.number)
            rows = (await session.execute(statement, execution_options=AS_SYSTEM)).all()
            signed = await session.execute(select(audit_head).where(audit_head.c.number.between(start, end)))
            heads = {row.number: head_of(row, database.schema) for row in signed}
            held = await held_values(session, [row.record_id for row in rows]) if personal else {}
        lines = []
        for row in rows:
            members: dict[str, Any] = {
                "at": instant_text(row.at),
                "hash": row.hash.hex(),
                "number": row.number,
                "record": msgspec.Raw(row.record.encode()),
            }
            if personal:
                values = held.get(row.record_id, {}).values()
                members["personal"] = {
                    item.name: {"salt": item.salt.hex(), "value": item.value} for item in values
                }
            lines.append(_line("record", members))
            if row.number in heads:
                lines.append(_line("head", asdict(heads[row.number])))
        yield b"".join(lines)


def _line(kind: str, members: dict[str, Any]) -> bytes:
    return canonical({**members, "type": kind}) + b"\n"
