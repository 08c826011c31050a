"""Reading the trail in tests, and making files of it without a service."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from chassis.audit.chain import FORMAT, canonical, chained, genesis, salted_digest
from chassis.audit.heads import Head, signature_text
from chassis.audit.tables import audit_pending, audit_record
from chassis.database import AS_SYSTEM, Database
from chassis.feed.sequencer import number_batch

KEY = Ed25519PrivateKey.generate()
KEY_ID = "test-key"


async def records(database: Database) -> list[dict[str, Any]]:
    """All records, numbered now, in order."""
    while await waiting(database):  # a sequencer of the service's own may be at work
        await number_batch(database)
    async with database.transaction() as session:
        statement = select(audit_record).order_by(audit_record.c.number)
        rows = (await session.execute(statement, execution_options=AS_SYSTEM)).all()
    return [msgspec.json.decode(row.record) | {"number": row.number} for row in rows]


async def waiting(database: Database) -> int:
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(audit_pending)) or 0


def line(kind: str, members: dict[str, Any]) -> bytes:
    return canonical({**members, "type": kind}) + b"\n"


def signed(number: int, reached: bytes, key: Ed25519PrivateKey = KEY, service: str = "registry") -> Head:
    """A head of the hash `reached`."""
    head = Head(service, number, reached.hex(), "2026-11-24T08:00:00.000000Z", KEY_ID)
    return Head(**{**asdict(head), "signature": signature_text(key.sign(head.signed_bytes()))})


def export_lines(
    actors: list[str], *, heads: tuple[int, ...] = (), first: int = 1, previous: bytes = b""
) -> list[bytes]:
    """An export of one record for each actor, with heads at the numbers given and at the end."""
    reached = previous or genesis("registry")
    last = first + len(actors) - 1
    lines = [
        line(
            "range",
            {
                "format": FORMAT,
                "from": first,
                "previous": reached.hex(),
                "service": "registry",
                "to": last,
            },
        )
    ]
    for number, actor in enumerate(actors, first):
        salt = number.to_bytes(16)
        record = {
            "actor": actor,
            "action": "change_zone",
            "personal": {"reason": salted_digest(salt, f"因为 {actor}")},
        }
        at = f"2026-11-24T08:00:00.{number:06d}Z"
        reached = chained(reached, at, number, record)
        held = {"reason": {"salt": salt.hex(), "value": f"因为 {actor}"}}
        members = {"at": at, "hash": reached.hex(), "number": number, "record": record, "personal": held}
        lines.append(line("record", members))
        if number in heads or number == last:
            lines.append(line("head", asdict(signed(number, reached))))
    return lines
