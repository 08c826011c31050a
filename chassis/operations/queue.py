"""The queue: pgqueuer's tables in the service's own schema, found by the connection's search path."""

from __future__ import annotations

from uuid import UUID

from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import (
    QueryBuilderEnvironment,
    QueryQueueBuilder,
    QuerySchedulerBuilder,
)
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.domain.settings import DBSettings
from pgqueuer.ports.driver import Driver
from sqlalchemy.ext.asyncio import AsyncSession


def queue_settings(service: str) -> DBSettings:
    """Names of the queue's objects; all said here, so that no variable of the environment changes them."""
    return DBSettings(
        prefix="",
        db_schema=None,
        channel=f"{service}_jobs",
        function="fn_pgqueuer_changed",
        statistics_table="pgqueuer_statistics",
        queue_status_type="pgqueuer_status",
        queue_table="pgqueuer",
        queue_table_log="pgqueuer_log",
        trigger="tg_pgqueuer_changed",
        schedules_table="pgqueuer_schedules",
    )


def queries_on(driver: Driver, service: str) -> Queries:
    """The library's statements on a connection or pool of the service."""
    settings = queue_settings(service)
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


async def enqueue(session: AsyncSession, service: str, kind: str, operation_id: UUID) -> None:
    """Put a job into the queue in the transaction of `session`, which has begun: a rollback takes it too."""
    connection = await (await session.connection()).get_raw_connection()
    driven = connection.driver_connection
    assert driven is not None
    queries = queries_on(AsyncpgDriver(driven), service)
    await queries.enqueue(kind, operation_id.bytes, dedupe_key=str(operation_id))
