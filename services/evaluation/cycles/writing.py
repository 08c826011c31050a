"""Changing cycles, and taking back a framework that no cycle uses."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from chassis.ids import Reference, new_id
from chassis.problems import Conflict, Issue, ValidationFailed
from chassis.resource import mark_deleted, revise
from chassis.words import Words
from services.evaluation.cycles import queries
from services.evaluation.cycles.models import Cycle
from services.evaluation.cycles.schemas import CycleIn, CyclePatch
from services.evaluation.frameworks import queries as frameworks
from services.evaluation.frameworks import writing as framework_writing
from services.evaluation.frameworks.models import Framework
from services.evaluation.references import named_by

_IN_USE = Words("有评价周期使用该指标体系", "A cycle uses the framework")
_UNKNOWN = Words("没有该指标体系", "There is no such framework")


async def create(session: AsyncSession, body: CycleIn, actor: str) -> Cycle:
    """Store the cycle; 422 for an unknown framework, 409 for a code that is taken."""
    cycle = Cycle(
        id=new_id(),
        code=body.code,
        names=body.names.model_dump(by_alias=True),
        framework=await _held_framework(session, body.framework),
        period=body.period,
        version=1,
        created_by=actor,
        updated_by=actor,
    )
    session.add(cycle)
    await session.flush()
    await _tell(session, cycle, actor, "created", ["code", "names", "framework", "period"])
    return cycle


async def change(session: AsyncSession, cycle: Cycle, body: CyclePatch, actor: str) -> None:
    """Apply a merge patch to a locked cycle; runs keep the period and framework they were made with."""
    values: dict[str, object] = {}
    if body.names is not None:
        values["names"] = body.names.model_dump(by_alias=True)
    if body.framework is not None:
        values["framework"] = await _held_framework(session, body.framework)
    if body.period is not None:
        values["period"] = body.period
    changed = revise(cycle, values, actor)
    if changed:
        await session.flush()
        await _tell(session, cycle, actor, "updated", changed)


async def remove(session: AsyncSession, cycle: Cycle, actor: str) -> None:
    """Soft deletion of a locked cycle; its runs stay readable."""
    mark_deleted(cycle, actor)
    await session.flush()
    await _tell(session, cycle, actor, "deleted", ["deleted_at"])


async def remove_framework(session: AsyncSession, framework: Framework, actor: str) -> None:
    """Soft deletion of a locked framework; 409 while a cycle uses it."""
    if await queries.uses(session, framework):
        raise Conflict(_IN_USE, issues=[Issue("framework_in_use", _IN_USE, pointer="#")])
    await framework_writing.remove(session, framework, actor)


async def _held_framework(session: AsyncSession, reference: Reference) -> Framework:
    """Held against deletion until this transaction ends."""
    statement = frameworks.live().where(named_by(Framework, reference)).with_for_update(read=True)
    framework = await session.scalar(statement)
    if framework is None:
        raise ValidationFailed(_UNKNOWN, issues=[Issue("unknown_framework", _UNKNOWN, pointer="#/framework")])
    return framework


async def _tell(
    session: AsyncSession, cycle: Cycle, actor: str, change_name: str, changed: Iterable[str]
) -> None:
    resource = queries.show(cycle, "zh-Hans").model_dump(mode="json", by_alias=True)
    await emit(session, actor, [Change("cycle", change_name, cycle.id, cycle.version, resource, changed)])
