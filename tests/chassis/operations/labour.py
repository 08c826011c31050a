"""A service whose only business is long work: that ends well, fails, waits, computes, or kills its worker."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path
from typing import Annotated

from fastapi import Request, Response
from sqlalchemy import select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.app import Service
from chassis.base_tables import feed, outbox
from chassis.database import AS_SYSTEM, roll_back_only
from chassis.feed.outbox import Change, emit
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.operations.computing import Report
from chassis.operations.kinds import OperationKind, Result
from chassis.operations.starting import accepted, start
from chassis.operations.work import Work
from chassis.problems import Conflict, ServiceUnavailable
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import In
from chassis.words import Words

router = ResourceRouter("labour")


class Task(In):
    """`gate` is a file that is waited for; `refuse` names how to fail; `preview` rolls the request back."""

    kind: str
    gate: str = ""
    refuse: str = ""
    preview: bool = False


async def _effect(session: AsyncSession, work: Work) -> None:
    """What can be counted: one event that names the operation."""
    await emit(session, work.actor, [Change("labour", "created", work.operation_id, 1, {})])


async def effects(session: AsyncSession, operation_id: object) -> int:
    """How often the operation had its effect."""
    told = union_all(select(outbox.c.subject_id), select(feed.c.subject_id)).subquery()
    statement = select(told).where(told.c.subject_id == operation_id)
    return len((await session.execute(statement, execution_options=AS_SYSTEM)).all())


async def _gated(work: Work, task: Task) -> Result | None:
    work.report(1, 2, "waiting")
    while not Path(task.gate).exists():  # another process makes it
        await asyncio.sleep(0.02)
    async with work.finishing() as last:
        await _effect(last.session, work)
        last.result = {"attempt": work.lease.attempt}
    return None


async def _fail(work: Work, task: Task) -> Result | None:
    async with work.finishing() as last:
        await _effect(last.session, work)
        if task.refuse == "conflict":
            raise Conflict(Words("不行", "Not so"))
        if task.refuse == "unavailable":
            raise ServiceUnavailable()
        raise ValueError("a secret of ours")


async def _die(_work: Work, _task: Task) -> Result | None:
    os.kill(os.getpid(), signal.SIGKILL)
    return None


async def _deaf(work: Work, task: Task) -> Result | None:
    """Does not hear that it is cancelled, and tries to write all the same."""
    while not Path(task.gate).exists():
        try:
            await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            continue
    async with work.step() as session:
        await _effect(session, work)
    return None


async def _compute(work: Work, task: Task) -> Result | None:
    return {"sum": await work.compute(spin if task.gate else add, task.gate)}


def add(report: Report, _gate: str) -> int:
    report(3, 3, "adding")
    return sum(range(4))


def spin(report: Report, gate: str) -> int:
    """Writes its process id into `gate` and never ends."""
    Path(gate).write_text(str(os.getpid()), encoding="utf-8")
    while True:
        report(1, None, "spinning")
        time.sleep(0.01)


KINDS = {
    kind.name: kind
    for kind in (
        OperationKind("labour.gated", Task, _gated),
        OperationKind("labour.fail", Task, _fail),
        OperationKind("labour.die", Task, _die),
        OperationKind("labour.deaf", Task, _deaf),
        OperationKind("labour.compute", Task, _compute),
        OperationKind("labour.short", Task, _gated, seconds=0.3),
    )
}


@router.post("/labour", status_code=202, response_model=None, operation_id="labour", summary="Long work")
async def labour(
    request: Request, caller: Annotated[Principal, require("zone.read")], body: Task, session: Transaction
) -> Response:
    row = await start(session, "registry", KINDS[body.kind], body, caller.subject)
    if body.preview:
        roll_back_only(session)
    return accepted(request, row)


SERVICE = Service(
    name="registry",
    title="labour",
    description="labour",
    routers=[router],
    operations=list(KINDS.values()),
)
