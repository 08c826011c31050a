"""A run as long work: read, compute in another process, store and succeed in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.operations.computing import Report
from chassis.operations.kinds import OperationKind
from chassis.operations.work import Work
from services.evaluation.engine import Method
from services.evaluation.frameworks.schemas import NodeOut
from services.evaluation.runs import writing
from services.evaluation.runs.computing import Computed, compute
from services.evaluation.runs.inputs import EvaluatedZone
from services.evaluation.runs.schemas import RunIn


async def _create(work: Work, given: RunIn) -> Mapping[str, Any] | None:
    work.report(0, stage="reading")
    async with work.database.transaction() as session:
        read = await writing.read(session, given)
    work.report(0, len(read.zones), "computing")
    computed = await work.compute(_compute, read.zones, read.framework.nodes, read.method)
    work.report(0, len(read.zones), "storing")
    async with work.finishing() as last:
        run = await writing.store(last.session, read, computed, work.actor)
        last.result = {"run": f"/api/v1/runs/{run.id}"}
    return None


def _compute(
    _report: Report, zones: Sequence[EvaluatedZone], nodes: Sequence[NodeOut], method: Method
) -> Computed:
    return compute(zones, nodes, method)


CREATE_RUN: Final = OperationKind("runs.create", RunIn, _create)
