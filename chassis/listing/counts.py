"""How many rows a list has in all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Executable, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import visitors
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from chassis.database import SCOPE_OPTION
from chassis.identity.access import SCOPE_DIVISIONS, SCOPE_ZONES


class Explained(Executable, ClauseElement):
    """A statement's plan as JSON, without running it."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explained)
def _explain(element: Explained, compiler: SQLCompiler, **options: Any) -> str:
    return "EXPLAIN (FORMAT JSON) " + compiler.process(element.statement, **options)


async def counted(session: AsyncSession, rows: Select[Any]) -> int:
    statement = select(func.count()).select_from(rows.subquery())
    total = await session.scalar(statement, execution_options={SCOPE_OPTION: "counted"})
    return total or 0


def is_limited(rows: Select[Any]) -> bool:
    """The statement is limited to places: the planner's guess would tell of rows beyond them."""
    names = (part.key for part in visitors.iterate(rows) if isinstance(part, BindParameter))
    return any(SCOPE_DIVISIONS in name or SCOPE_ZONES in name for name in names)


async def estimated(session: AsyncSession, rows: Select[Any]) -> int:
    """The planner's guess: a few per cent off with fresh statistics, for the cost of planning.

    It is made from figures of the whole table; `is_limited` says for whom it is not.
    """
    plan = await session.scalar(Explained(rows))
    return int(plan[0]["Plan"]["Plan Rows"])
