"""Questions to the tables of notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, Select, cast, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.listing import Filter, Listing
from chassis.problems import NotFound
from chassis.words import Words
from services.gateway.notices.kinds import KINDS
from services.gateway.notices.models import Notice
from services.gateway.notices.schemas import ReadMarks

UNREAD = cast(Notice.read_at.is_(None), Integer)

NOTICES = Listing(
    filters={
        "kind": Filter(Notice.kind, "enum", ("eq", "ne", "in", "nin"), tuple(KINDS)),
        "unread": Filter(
            kind="boolean",
            condition=lambda value: Notice.read_at.is_(None) if value else Notice.read_at.is_not(None),
        ),
    },
    sorts={"unread": (UNREAD, int), "created_at": (Notice.created_at, datetime)},
    default_sort="-unread,-created_at",
    id_column=Notice.id,
)


def account_of(principal: Principal) -> UUID:
    """The caller's account; 404 for a service, which has none."""
    try:
        return UUID(principal.subject.partition(":")[2])
    except ValueError as error:
        raise NotFound(Words("只有账号才有通知", "Only accounts have notices")) from error


def _mine(reader: Principal) -> list[ColumnElement[bool]]:
    """The caller's own, and of those only what they may still see."""
    kinds = [(Notice.kind == kind.name) for kind in KINDS.values() if kind.permission in reader.permissions]
    return [
        Notice.account_id == account_of(reader),
        or_(false(), *kinds),
        in_scope(reader.view, Notice.division_path, Notice.zone_id),
    ]


def visible_to(reader: Principal) -> Select[Any]:
    return select(Notice).where(*_mine(reader)).execution_options(scope="caller")


async def count_unread(session: AsyncSession, reader: Principal) -> int:
    statement = select(func.count()).select_from(Notice).where(*_mine(reader), Notice.read_at.is_(None))
    return await session.scalar(statement, execution_options={"scope": "caller"}) or 0


async def mark_read(session: AsyncSession, reader: Principal, marks: ReadMarks) -> None:
    """Set what is not read yet of the named ones; ids that name nothing of the caller's do nothing."""
    named = Notice.id.in_(marks.ids) if marks.ids is not None else Notice.id <= marks.up_to
    await session.execute(
        update(Notice)
        .where(*_mine(reader), Notice.read_at.is_(None), named)
        .values(read_at=func.now())
        .execution_options(synchronize_session=False)
    )
