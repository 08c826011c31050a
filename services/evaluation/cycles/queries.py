"""Reading cycles: national decisions that belong to no place."""

from __future__ import annotations

from sqlalchemy import Select, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from chassis.calendar import bounds
from chassis.ids import Reference
from chassis.problems import NotFound
from chassis.schemas import Names
from services.evaluation.cycles.models import Cycle
from services.evaluation.cycles.schemas import CodedRef, CycleOut
from services.evaluation.frameworks.models import Framework
from services.evaluation.references import named_by


def live() -> Select[Cycle]:
    """Cycles with the head of their framework; one query."""
    return (
        select(Cycle)
        .join(Cycle.framework)
        .where(Cycle.deleted_at.is_(None))
        .options(contains_eager(Cycle.framework))
    )


async def find_named(session: AsyncSession, reference: Reference, *, lock: bool = False) -> Cycle | None:
    statement = live().where(named_by(Cycle, reference))
    if lock:
        statement = statement.with_for_update(of=Cycle)
    return await session.scalar(statement, execution_options={"populate_existing": True})


async def find(session: AsyncSession, ref: str, *, lock: bool = False) -> Cycle:
    """The cycle, locked for a change if asked; 404 when there is none."""
    found = await find_named(session, Reference.from_path(ref), lock=lock)
    if found is None:
        raise NotFound()
    return found


async def uses(session: AsyncSession, framework: Framework) -> bool:
    """A cycle applies the framework."""
    used = exists().where(Cycle.framework_id == framework.id, Cycle.deleted_at.is_(None))
    return bool(await session.scalar(select(used)))


def show(row: Cycle, language: str) -> CycleOut:
    names = Names.model_validate(row.names)
    start, end = bounds(row.period)
    return CycleOut(
        id=row.id,
        version=row.version,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        deleted_at=row.deleted_at,
        code=row.code,
        name=names.pick(language),
        names=names,
        framework=CodedRef(id=row.framework.id, code=row.framework.code),
        period=row.period,
        period_start=start,
        period_end=end,
    )
