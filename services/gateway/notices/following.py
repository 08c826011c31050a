"""The services' feeds, applied: notices are written in the transaction that moves the position."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import new_id
from services.gateway.accounts.models import Account
from services.gateway.accounts.rules import principal_of
from services.gateway.notices.kinds import KINDS
from services.gateway.notices.models import Notice, NoticeSettings
from services.gateway.notices.recipients import Person, notices_for

_CHUNK = 1000


async def tell_people(session: AsyncSession, events: Sequence[dict[str, Any]]) -> None:
    """What a consumer of a service's feed applies."""
    wanted = [event for event in events if any(kind.concerns(event) for kind in KINDS.values())]
    if not wanted:
        return
    people, now = await read_people(session), datetime.now(UTC)
    rows = [
        {"id": new_id(), **row}
        for event in wanted
        for row in notices_for(event, datetime.fromisoformat(event["time"]), people, now)
    ]
    # a feed that begins anew tells again what was told before
    told_once = insert(Notice).on_conflict_do_nothing(index_elements=["account_id", "event_id"])
    for start in range(0, len(rows), _CHUNK):
        await session.execute(told_once, rows[start : start + _CHUNK])


def people_statement() -> Select[Account, NoticeSettings]:
    """Accounts of people who may sign in, with their settings."""
    return (
        select(Account, NoticeSettings)
        .outerjoin(NoticeSettings, NoticeSettings.id == Account.id)
        .where(Account.kind == "person", Account.active, Account.deleted_at.is_(None))
        .where(or_(Account.expires_at.is_(None), Account.expires_at > datetime.now(UTC)))
        .order_by(Account.id)
    )


async def read_people(session: AsyncSession) -> list[Person]:
    """Everybody who may be told; one query."""
    return [as_person(account, settings) for account, settings in await session.execute(people_statement())]


def as_person(account: Account, settings: NoticeSettings | None) -> Person:
    return Person(
        account.id,
        principal_of(account),
        account.created_at,
        settings.email if settings else None,
        settings.channels if settings else {},
    )
