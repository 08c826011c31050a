"""Making a run: read and freeze, compute, store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from chassis.ids import Reference, new_id
from chassis.problems import Conflict, Issue, ValidationFailed
from chassis.words import Words
from services.evaluation.cycles import queries as cycles
from services.evaluation.cycles.models import Cycle
from services.evaluation.engine import Method
from services.evaluation.frameworks import queries as frameworks
from services.evaluation.frameworks.schemas import FrameworkOut
from services.evaluation.runs.computing import Computed, compute
from services.evaluation.runs.inputs import EvaluatedZone, count_zones, read_zones
from services.evaluation.runs.method import engine_method
from services.evaluation.runs.models import Run, Score
from services.evaluation.runs.representation import show_summary
from services.evaluation.runs.schemas import FrozenFramework, FrozenRef, RunIn
from services.evaluation.sources.queries import cited

# zones times indicators that are evaluated while the caller waits (about a second); more is an operation
MOST_CELLS: Final = 20_000
_NO_CYCLE = Words("没有该评价周期", "There is no such cycle")
_NO_ZONES = Words("还没有可评价的实验区", "There is no zone to evaluate yet")


@dataclass(frozen=True)
class Read:
    """What a run is made of, as it stood when it was read."""

    body: RunIn
    method: Method
    cycle: FrozenRef
    period: str
    framework: FrameworkOut
    zones: Sequence[EvaluatedZone]
    sources: Mapping[str, Any]


async def is_small(session: AsyncSession, body: RunIn) -> bool:
    """Whether the run can be made while its caller waits: by cells, zones times indicators.

    Raises 422 for an unknown cycle or settings that contradict themselves.
    """
    engine_method(body.method)
    cycle = await _find_cycle(session, body)
    indicators = await frameworks.count_indicators(session, cycle.framework_id)
    return await count_zones(session) * indicators <= MOST_CELLS


async def _find_cycle(session: AsyncSession, body: RunIn) -> Cycle:
    cycle = await cycles.find_named(session, body.cycle)
    if cycle is None:
        raise ValidationFailed(_NO_CYCLE, issues=[Issue("unknown_cycle", _NO_CYCLE, pointer="#/cycle")])
    return cycle


async def read(session: AsyncSession, body: RunIn) -> Read:
    """Freeze all that the run reads.

    Raises 422 for an unknown cycle or settings that contradict themselves, 409 when there is no zone.
    """
    method = engine_method(body.method)
    cycle = await _find_cycle(session, body)
    stored = await frameworks.find_named(session, Reference(id=cycle.framework_id))
    assert stored is not None  # a framework that a cycle uses is not deleted
    framework = frameworks.show(stored, "zh-Hans")
    zones = await read_zones(session, framework, cycle.period)
    if not zones:
        raise Conflict(_NO_ZONES, issues=[Issue("no_zones", _NO_ZONES, pointer="#/cycle")])
    sources = await cited(session, _cited_in(zones))
    return Read(
        body=body,
        method=method,
        cycle=FrozenRef.model_validate(cycle),
        period=cycle.period,
        framework=framework,
        zones=zones,
        sources={code: source.model_dump(mode="json") for code, source in sources.items()},
    )


async def create(session: AsyncSession, body: RunIn, actor: str) -> Run:
    """Evaluate the cycle's zones by its framework while the caller waits. Raises as `read` does."""
    found = await read(session, body)
    computed = await asyncio.to_thread(compute, found.zones, found.framework.nodes, found.method)
    return await store(session, found, computed, actor)


async def store(session: AsyncSession, read: Read, computed: Computed, actor: str) -> Run:
    """The run with its scores, and its event."""
    run = await _store_run(session, read, computed, actor)
    await _store_scores(session, run, read.zones, computed)
    resource = show_summary(run).model_dump(mode="json", by_alias=True)
    await emit(session, actor, [Change("run", "created", run.id, run.version, resource, ["counts"])])
    return run


async def _store_run(session: AsyncSession, read: Read, computed: Computed, actor: str) -> Run:
    framework = read.framework
    run = Run(
        id=new_id(),
        cycle_id=read.cycle.id,
        cycle=read.cycle.model_dump(mode="json", by_alias=True),
        period=read.period,
        framework=FrozenFramework(
            id=framework.id,
            code=framework.code,
            version=framework.version,
            names=framework.names,
            nodes=framework.nodes,
        ).model_dump(mode="json", by_alias=True),
        method=read.body.method.model_dump(mode="json"),
        sources=dict(read.sources),
        engine_version=computed.engine_version,
        input_digest=computed.input_digest,
        zones=len(read.zones),
        ranked=sum(result.rank is not None for result in computed.results),
        log=computed.log,
        version=1,
        created_by=actor,
        updated_by=actor,
    )
    session.add(run)
    await session.flush()
    return run


def _cited_in(zones: Iterable[EvaluatedZone]) -> set[str]:
    return {
        code
        for zone in zones
        for observation in zone.observations.values()
        for code in observation["sources"]
    }


async def _store_scores(
    session: AsyncSession, run: Run, zones: Sequence[EvaluatedZone], computed: Computed
) -> None:
    rows = [
        {
            "id": new_id(),
            "run_id": run.id,
            "zone_id": zone.id,
            "zone_code": zone.code,
            "zone_names": dict(zone.names),
            "score": result.score,
            "rank": result.rank,
            "inputs": dict(zone.observations),
            "branches": result.branches,
            "leaves": result.leaves,
            "dropped": result.dropped,
        }
        for zone, result in zip(zones, computed.results, strict=True)
    ]
    await session.execute(insert(Score), rows)
