"""What a handler holds while it works."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.operations.computing import Report
from chassis.operations.lease import Lease, finish, hold

if TYPE_CHECKING:
    from chassis.runtime import Runtime

P = ParamSpec("P")
T = TypeVar("T")


class Finishing:
    """The last transaction of an operation; its `result` is kept with the operation (small, JSON)."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.result: Mapping[str, Any] = {}


class Work:
    """One attempt at one operation.

    A cancellation, a time limit and a lost lease arrive as a cancelled task at the next `await`.
    """

    def __init__(self, runtime: Runtime, lease: Lease, actor: str) -> None:
        self.runtime = runtime
        self.lease = lease
        self.actor = actor
        self.finished = False
        self.seen: tuple[int, int | None, str] = (0, None, "")

    @property
    def operation_id(self) -> UUID:
        return self.lease.operation_id

    @property
    def database(self) -> Database:
        return self.runtime.database

    def report(self, done: int, total: int | None = None, stage: str = "") -> None:
        """Say how far the work is; written about once a second."""
        self.seen = (done, total, stage)

    async def compute(
        self, function: Callable[Concatenate[Report, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`function(report, …)` in a process of its own, which is killed if this attempt ends before it.

        The function is importable by name, its arguments and result can be pickled. Raises what it raises,
        ComputationLost if the process died.
        """
        return await self.runtime.processes.run(self.report, function, *args, **kwargs)

    @asynccontextmanager
    async def step(self) -> AsyncIterator[AsyncSession]:
        """A transaction in the middle of the work, which commits only while the lease is held.

        A later attempt may do it again: what it writes must bear that. Raises LeaseLost.
        """
        async with self.database.transaction() as session:
            yield session
            await hold(session, self.lease)

    @asynccontextmanager
    async def finishing(self) -> AsyncIterator[Finishing]:
        """The transaction of the effect, in which the operation succeeds: both happen once, or neither.

        It holds the operation's row: a take-over waits for its end. Raises LeaseLost.
        """
        async with self.database.transaction() as session:
            await hold(session, self.lease)
            last = Finishing(session)
            yield last
            await finish(session, self.lease, "succeeded", result=last.result)
        self.finished = True
