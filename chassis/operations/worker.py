"""A worker: takes jobs of its service's queue, attends to each attempt, and writes down how it ended."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.core.applications import PgQueuer
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database_errors import problem_for_database_error
from chassis.operations import lease as leases
from chassis.operations.computing import ComputationLost
from chassis.operations.kinds import OperationKind
from chassis.operations.lease import LeaseLost
from chassis.operations.queue import queries_on
from chassis.operations.states import MOST_ATTEMPTS
from chassis.operations.work import Work
from chassis.problems import InternalError, OperationTimedOut, Problem, ServiceUnavailable
from chassis.schedules.running import Schedule, register
from chassis.tracing import continue_trace
from chassis.words import Words

if TYPE_CHECKING:
    from chassis.runtime import Runtime

log = structlog.get_logger("worker")
_BROKEN_SECONDS, _STOPPING_SECONDS, _LETTING_GO_SECONDS = 1.0, 0.2, 5.0
_LONGEST_TICK = 1.0


class End(Enum):
    """Why an attempt is over."""

    ENDED = "its handler returned or raised"
    CANCELLED = "somebody asked"
    TIMED_OUT = "its time was up"
    LOST = "another has it"
    STOPPING = "this process stops"


async def run_worker(
    runtime: Runtime, kinds: Sequence[OperationKind[Any]], schedules: Sequence[Schedule]
) -> None:
    """Work until cancelled; then running work has the drain time to end, and is given back after it."""
    worker = Worker(runtime, kinds, schedules)
    working = asyncio.create_task(worker.run())
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        worker.stop()
        await working
        raise


class Worker:
    """`name` says where it runs: host and process."""

    def __init__(
        self, runtime: Runtime, kinds: Sequence[OperationKind[Any]], schedules: Sequence[Schedule]
    ) -> None:
        self.runtime, self.kinds, self.schedules = runtime, kinds, schedules
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self._stop = asyncio.Event()
        self._own = runtime.settings.own

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> None:
        """Until `stop`; a lost database is waited for."""
        noting = asyncio.create_task(self._note_signal())
        try:
            while not self._stop.is_set():
                try:
                    await self._run_connected()
                except Exception as error:
                    log.warning("worker waits for its database", error=repr(error))
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), _BROKEN_SECONDS)
        finally:
            noting.cancel()

    async def _note_signal(self) -> None:
        """A server tells its app to stop only when all its requests have ended; the signal is earlier."""
        while not self.runtime.stopping.asked:  # noqa: ASYNC110  # a signal handler wakes no task
            await asyncio.sleep(_STOPPING_SECONDS)
        self.stop()

    async def _run_connected(self) -> None:
        database = self.runtime.database
        async with asyncpg.create_pool(min_size=1, max_size=4, **database.driver_arguments("worker")) as pool:
            driver = AsyncpgPoolDriver(pool)
            queries = queries_on(driver, database.schema)
            queue = PgQueuer(driver, channel=queries.qbe.settings.channel, queries=queries)
            for kind in self.kinds:
                self._take(queue, kind)
            register(queue, self.runtime, self.schedules)
            stopping = asyncio.create_task(self._shut_down(queue))
            try:
                await queue.run(
                    dequeue_timeout=timedelta(seconds=self._own.worker_poll_seconds),
                    batch_size=1,
                    max_concurrent_tasks=max(2, self._own.worker_tasks),
                    shutdown_on_listener_failure=True,
                    heartbeat_timeout=timedelta(seconds=self._own.worker_heartbeat_seconds),
                    log_aggregation_interval=timedelta(0),
                )
            finally:
                stopping.cancel()

    async def _shut_down(self, queue: PgQueuer) -> None:
        await self._stop.wait()
        queue.shutdown.set()

    def _take(self, queue: PgQueuer, kind: OperationKind[Any]) -> None:
        async def execute(job: Job) -> None:
            assert job.payload is not None
            await self.attempt(kind, UUID(bytes=job.payload))

        # what fails outside of an attempt is kept, and put back by the schedule that mends the queue
        queue.entrypoint(kind.name, accepts_context=False, on_failure="hold")(execute)

    async def attempt(self, kind: OperationKind[Any], operation_id: UUID) -> None:
        """One attempt, and its end written down. Raises RetryRequested to have the job put back."""
        try:
            async with self.runtime.database.transaction() as session:
                begun = await leases.begin(session, operation_id, self.name)
        except Exception as error:
            raise RetryRequested(timedelta(seconds=_BROKEN_SECONDS), repr(error)) from error
        if begun is None:
            return
        lease, row = begun
        continue_trace(row.trace_id)
        work = Work(self.runtime, lease, row.created_by)
        handling = asyncio.create_task(self._handle(kind, work, row.input))
        end = await self._attend(work, handling, kind.seconds)
        if end is not End.ENDED:
            await _let_go(handling)
        try:
            async with self.runtime.database.transaction() as session:
                pause = await self._write_end(session, kind, work, handling, end)
        except LeaseLost:
            log.info("operation changed hands", operation=str(operation_id), lease=lease.number)
            return
        except Exception as error:
            # its lease is still ours in the record: the next attempt takes it over
            raise RetryRequested(timedelta(seconds=_BROKEN_SECONDS), repr(error)) from error
        if pause is not None:
            raise RetryRequested(pause, "given back")

    async def _handle(self, kind: OperationKind[Any], work: Work, given: Any) -> Any:
        return await kind.handle(work, kind.input.model_validate(given))

    async def _attend(self, work: Work, handling: asyncio.Task[Any], seconds: float) -> End:
        """Write progress and look for a cancellation, until there is an end."""
        tick = min(_LONGEST_TICK, self._own.worker_heartbeat_seconds / 4)
        loop = asyncio.get_running_loop()
        until, stop_at = loop.time() + seconds, None
        while True:
            done, _ = await asyncio.wait({handling}, timeout=tick)
            if done:
                return End.ENDED
            now = loop.time()
            if now >= until:
                return End.TIMED_OUT
            if self._stop.is_set():
                stop_at = stop_at if stop_at is not None else now + self._own.worker_drain_seconds
                if now >= stop_at:
                    return End.STOPPING
            try:
                async with self.runtime.database.transaction() as session:
                    if await leases.renew(session, work.lease, work.seen):
                        return End.CANCELLED
            except LeaseLost:
                if not handling.done():
                    return End.LOST
            except Exception as error:
                log.warning("progress is not written", error=repr(error))

    async def _write_end(
        self,
        session: AsyncSession,
        kind: OperationKind[Any],
        work: Work,
        handling: asyncio.Task[Any],
        end: End,
    ) -> timedelta | None:
        """Write down how the attempt ended; the pause after which the job is to come back, None if never."""
        lease = work.lease
        if work.finished or end is End.LOST:
            return None
        if end is End.CANCELLED:
            await leases.finish(session, lease, "cancelled")
        elif end is End.TIMED_OUT:
            await leases.finish(session, lease, "failed", error=_timed_out(kind))
        elif end is End.STOPPING:
            await leases.give_back(session, lease)
            return timedelta(0)
        elif handling.cancelled():
            return await self._fail(session, work, asyncio.CancelledError())
        elif (error := handling.exception()) is not None:
            return await self._fail(session, work, error)
        else:
            await leases.finish(session, lease, "succeeded", result=handling.result() or {})
        return None

    async def _fail(self, session: AsyncSession, work: Work, error: BaseException) -> timedelta | None:
        """Final for a fault of the request; another try for what may pass."""
        if isinstance(error, LeaseLost):
            raise error
        problem, attempt = _problem(error), work.lease.attempt
        if (isinstance(error, Problem) and not problem.retryable) or attempt >= MOST_ATTEMPTS:
            await leases.finish(session, work.lease, "failed", error=problem)
            return None
        log.warning("attempt failed", operation=str(work.operation_id), error=repr(error))
        await leases.give_back(session, work.lease, problem)
        return timedelta(seconds=attempt * self._own.worker_retry_seconds)


async def _let_go(handling: asyncio.Task[Any]) -> None:
    """Cancel, and wait a while; who does not listen works on without any right to write."""
    handling.cancel()
    await asyncio.wait({handling}, timeout=_LETTING_GO_SECONDS)
    if handling.done() and not handling.cancelled():
        handling.exception()  # looked at, so that nobody complains that it was not


def _problem(error: BaseException) -> Problem:
    if isinstance(error, Problem):
        return error
    if isinstance(error, ComputationLost):
        words = Words("计算进程意外终止 (可能内存不足)", "The process that computed ended (out of memory?)")
        return ServiceUnavailable(words)
    found = problem_for_database_error(error) if isinstance(error, Exception) else None
    if found is None:
        log.error("operation failed", exc_info=error)
        return InternalError()
    return found


def _timed_out(kind: OperationKind[Any]) -> Problem:
    return OperationTimedOut(
        Words(f"超过了 {kind.seconds:g} 秒的时限", f"The limit of {kind.seconds:g} s was passed")
    )
