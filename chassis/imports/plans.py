"""Plans as they are kept: who may see them, their rows, and when they are dropped."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import anyio.to_thread
from sqlalchemy import ColumnElement, Integer, Row, delete, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.ids import new_id
from chassis.imports.kept_rows import WITH_ISSUES, KeptRow, Part, digest_of, unpack
from chassis.imports.running import Passed
from chassis.imports.tables import import_part, import_plan
from chassis.problems import NotFound, TooManyPlans
from chassis.words import Words

KEPT: Final = timedelta(hours=24)
_NO_PLAN: Final = Words(
    "没有此导入计划, 或已过期 (24 小时)", "There is no such plan, or its 24 hours are over"
)
_SMALL: Final = [column for column in import_plan.c if column.name != "content"]


async def keep(
    session: AsyncSession,
    actor: Principal,
    about: Mapping[str, Any],
    content: bytes,
    passed: Passed,
    *,
    committed: bool,
) -> Row[Any]:
    """Store a plan, `about` has its collection, media type and atomicity; the stored row without the file."""
    plan_id, now = new_id(), datetime.now(UTC)
    digest = await anyio.to_thread.run_sync(digest_of, passed.parts)
    deflated = await anyio.to_thread.run_sync(zlib.compress, content, 1)
    made = await session.execute(
        insert(import_plan)
        .values(
            id=plan_id,
            subject=actor.subject,
            sheet=passed.sheet,
            header=passed.header,
            shown=passed.shown,
            counts=dict(passed.counts),
            digest=digest,
            content=deflated,
            expires_at=now + KEPT,
            committed_at=now if committed else None,
            **about,
        )
        .returning(*_SMALL)
    )
    row = made.one()
    if passed.parts:
        await session.execute(insert(import_part), [_stored(plan_id, part) for part in passed.parts])
    return row


def _stored(plan_id: UUID, part: Part) -> dict[str, Any]:
    return {
        "plan_id": plan_id,
        "first_row": part.first_row,
        "last_row": part.last_row,
        "counts": part.counts,
        "rows": part.rows,
    }


async def require_room(session: AsyncSession, actor: Principal, limit: int) -> None:
    """Raise TooManyPlans (429) if the caller has `limit` plans that wait for their commit.

    Those that several requests make in the same moment are not counted against each other.
    """
    open_now = (
        import_plan.c.subject == actor.subject,
        import_plan.c.committed_at.is_(None),
        import_plan.c.expires_at > func.now(),
    )
    remaining = func.extract("epoch", func.min(import_plan.c.expires_at) - func.now())
    row = (await session.execute(select(func.count().label("number"), remaining).where(*open_now))).one()
    if row.number >= limit:
        raise TooManyPlans(limit, retry_after=math.ceil(row[1]))


async def find(
    session: AsyncSession,
    actor: Principal,
    collection: str,
    plan_id: UUID,
    *,
    lock: bool = False,
    whole: bool = False,
) -> Row[Any]:
    """The plan if the caller made it, or writes nationwide; `whole` with its file. 404 for all others."""
    statement = select(*(import_plan.c if whole else _SMALL)).where(
        import_plan.c.id == plan_id,
        import_plan.c.collection == collection,
        import_plan.c.expires_at > func.now(),
        true() if actor.write.everywhere else import_plan.c.subject == actor.subject,
    )
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound(_NO_PLAN)
    return row


async def parts_of(session: AsyncSession, plan_id: UUID) -> list[Part]:
    """All rows of a plan, packed."""
    statement = select(import_part).where(import_part.c.plan_id == plan_id).order_by(import_part.c.first_row)
    return [_part(row) for row in await session.execute(statement)]


def _part(row: Row[Any]) -> Part:
    return Part(row.first_row, row.last_row, row.counts, row.rows)


async def some_rows(
    session: AsyncSession, plan_id: UUID, counted: Sequence[str], *, after: int, limit: int
) -> list[KeptRow]:
    """The first `limit` rows behind row `after` that `counted` names: actions, or rows with issues.

    One query: it reads as many parts as hold so many such rows, and those before them in the first one.
    """
    number = _number(counted)
    running = func.sum(number).over(order_by=import_part.c.first_row) - number
    mine = (import_part.c.plan_id == plan_id, import_part.c.last_row > after, number > 0)
    ahead = (
        select(import_part.c.first_row, import_part.c.rows, running.label("ahead"), number.label("own"))
        .where(*mine)
        .subquery()
    )
    first = select(func.min(import_part.c.first_row)).where(*mine).scalar_subquery()
    own_first = select(number).where(*mine).order_by(import_part.c.first_row).limit(1).scalar_subquery()
    statement = (
        select(ahead.c.rows)
        .where(or_(ahead.c.first_row == first, ahead.c.ahead - own_first < limit))
        .order_by(ahead.c.first_row)
    )
    found: list[KeptRow] = []
    for packed in (await session.execute(statement)).scalars():
        found += [
            row
            for row in unpack(packed)
            if row.number > after and (row.action in counted or (WITH_ISSUES in counted and row.issues))
        ]
    return found[:limit]


def _number(counted: Sequence[str]) -> ColumnElement[int]:
    numbers = [func.coalesce(import_part.c.counts[name].astext.cast(Integer), 0) for name in counted]
    return sum(numbers[1:], numbers[0])


async def mark_committed(session: AsyncSession, plan_id: UUID) -> Row[Any]:
    statement = update(import_plan).where(import_plan.c.id == plan_id).values(committed_at=func.now())
    return (await session.execute(statement.returning(*_SMALL))).one()


async def forget_plans(session: AsyncSession) -> None:
    """Drop plans whose time is over."""
    await session.execute(delete(import_plan).where(import_plan.c.expires_at <= func.now()))
