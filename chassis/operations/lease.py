"""Who may write about an operation: whoever holds its newest lease, and nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.operations.states import FINISHED, MOST_ATTEMPTS, OperationState
from chassis.operations.tables import operation
from chassis.problem_responses import body
from chassis.problems import OperationAbandoned, Problem
from chassis.words import LANGUAGES, Words


class LeaseLost(Exception):
    """Another worker has taken the operation over, or it is finished; nothing may be written any more."""


@dataclass(frozen=True)
class Lease:
    """The right to write about an operation, until it changes hands."""

    operation_id: UUID
    number: int
    attempt: int

    def held(self) -> tuple[Any, ...]:
        """Conditions of every statement that writes about it."""
        return (
            operation.c.id == self.operation_id,
            operation.c.lease == self.number,
            operation.c.state == "running",
        )


def error_document(problem: Problem) -> dict[str, Any]:
    """A problem as it is stored: its document by language."""
    return {language: body(problem, language) for language in LANGUAGES}


async def begin(session: AsyncSession, operation_id: UUID, worker: str) -> tuple[Lease, Any] | None:
    """Take an operation that waits, or whose worker is gone; lease and row, None if nothing is left to do.

    An attempt counts when it begins. After the last one the operation has failed: its worker ended without a
    word each time, and would again.
    """
    row = (
        await session.execute(select(operation).where(operation.c.id == operation_id).with_for_update())
    ).one_or_none()
    if row is None or row.state in FINISHED:
        return None
    this = update(operation).where(operation.c.id == operation_id)
    if row.cancel_requested_at is not None:
        await session.execute(this.values(state="cancelled", finished_at=func.now()))
        return None
    if row.attempts >= MOST_ATTEMPTS:
        words = Words(
            f"{MOST_ATTEMPTS} 次执行均未完成: 最后一次的执行进程 {row.worker} 中途消失",
            f"None of {MOST_ATTEMPTS} attempts ended: the last one's worker {row.worker} disappeared",
        )
        error = error_document(OperationAbandoned(words))
        await session.execute(this.values(state="failed", error=error, finished_at=func.now()))
        return None
    taken = this.values(
        state="running",
        attempts=operation.c.attempts + 1,
        lease=operation.c.lease + 1,
        worker=worker,
        started_at=func.coalesce(operation.c.started_at, func.now()),
        done=0,
        total=None,
        stage="",
    )
    row = (await session.execute(taken.returning(operation))).one()
    return Lease(operation_id, row.lease, row.attempts), row


async def hold(session: AsyncSession, lease: Lease) -> None:
    """Lock the operation until the end of the transaction: it cannot change hands. Raises LeaseLost."""
    statement = select(operation.c.id).where(*lease.held()).with_for_update()
    if await session.scalar(statement) is None:
        raise LeaseLost()


async def renew(session: AsyncSession, lease: Lease, progress: tuple[int, int | None, str]) -> bool:
    """Write the progress; whether somebody asked to cancel. Raises LeaseLost."""
    done, total, stage = progress
    written = update(operation).where(*lease.held()).values(done=done, total=total, stage=stage)
    row = (await session.execute(written.returning(operation.c.cancel_requested_at))).one_or_none()
    if row is None:
        raise LeaseLost()
    return row.cancel_requested_at is not None


async def finish(
    session: AsyncSession,
    lease: Lease,
    state: OperationState,
    *,
    result: Mapping[str, Any] | None = None,
    error: Problem | None = None,
) -> None:
    """The operation's end, in the transaction of its effect. Raises LeaseLost."""
    values: dict[str, Any] = {
        "state": state,
        "finished_at": func.now(),
        "result": dict(result) if result is not None else None,
        "error": error_document(error) if error is not None else None,
    }
    # a total that was said is reached
    if state == "succeeded":
        values["done"] = func.coalesce(operation.c.total, operation.c.done)
    ended = update(operation).where(*lease.held()).values(values).returning(operation.c.id)
    if (await session.execute(ended)).one_or_none() is None:
        raise LeaseLost()


async def give_back(session: AsyncSession, lease: Lease, error: Problem | None = None) -> None:
    """Back to the queue: for another try after `error`, or, without, as if it had not begun.

    Raises LeaseLost.
    """
    values: dict[str, Any] = {"state": "queued", "lease": operation.c.lease + 1}
    if error is None:
        values["attempts"] = operation.c.attempts - 1
    else:
        values["error"] = error_document(error)
    returned = update(operation).where(*lease.held()).values(values).returning(operation.c.id)
    if (await session.execute(returned)).one_or_none() is None:
        raise LeaseLost()
