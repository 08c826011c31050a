"""A database that is busy, slow or away is 503, soon, and never 500."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy import exc as sa_exc
from sqlalchemy import func, select, text

from chassis.database import Database, roll_back_only
from chassis.database_errors import problem_for_database_error
from services.registry.divisions.models import Division
from tests.chassis.answers import problem_of
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

pytestmark = pytest.mark.anyio


async def test_a_pool_that_is_exhausted_is_503_within_the_bound(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    async with running(PROBE, service_databases, keys, pool_size=1, pool_wait_seconds=0.3) as service:
        async with service.runtime.database.transaction() as session, service.client(ministry()) as client:
            await session.execute(select(func.now()))
            started = time.monotonic()
            answer = await client.get("/api/v1/divisions")
            waited = time.monotonic() - started
        async with service.client(ministry()) as client:
            after = await client.get("/api/v1/divisions")
    assert problem_of(answer, 503, "service_unavailable")["retryable"]
    assert int(answer.headers["retry-after"]) >= 1
    assert waited < 2
    assert after.status_code == 200


async def test_a_database_that_is_down_is_503(service_databases: ServiceDatabases, keys: KeyRing) -> None:
    async with running(PROBE, service_databases, keys) as service:
        lost = Database("postgresql://nobody:x@127.0.0.1:1/none", "registry")
        object.__setattr__(service.runtime, "database", lost)
        async with service.client(ministry()) as client:
            for answer in (
                await client.get("/api/v1/divisions"),
                await client.get("/api/v1/changes"),
                await client.post("/api/v1/probe/notes", json={"text": "x"}),
            ):
                problem_of(answer, 503, "service_unavailable")
                assert "retry-after" in answer.headers
            ready = await client.get("/readyz")
            alive = await client.get("/livez")
    assert (ready.status_code, ready.json()["checks"]["database"]["ok"]) == (503, False)
    assert alive.status_code == 200


async def test_a_connection_that_was_cut_is_503_and_then_replaced(probe: RunningService) -> None:
    async with probe.client(ministry()) as client, asyncio.TaskGroup() as group:
        slow = group.create_task(client.get("/api/v1/probe/slow"))
        while not await _cut(probe):
            pass
        problem_of(await slow, 503, "service_unavailable")
        assert (await client.get("/api/v1/zones")).status_code == 200


async def _cut(service: RunningService) -> int:
    statement = text(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE usename = current_user AND pid <> pg_backend_pid() AND query LIKE '%pg_sleep%'"
    )
    async with service.runtime.database.transaction() as session:
        return await session.scalar(statement) or 0


async def test_a_statement_that_outlives_the_deadline_is_503_and_gives_its_connection_back(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    async with running(PROBE, service_databases, keys, pool_size=1) as service:
        async with service.client(ministry()) as client:
            started = time.monotonic()
            answer = await client.get("/api/v1/probe/slow", headers={"sdz-timeout-ms": "300"})
            waited = time.monotonic() - started
            after = await client.get("/api/v1/zones")
    problem_of(answer, 503, "service_unavailable")
    assert waited < 5
    assert after.status_code == 200


async def test_a_statement_that_the_server_cancels_is_503(probe: RunningService) -> None:
    async with probe.runtime.database.transaction() as session:
        await session.execute(text("SET LOCAL statement_timeout = 20"))
        with pytest.raises(sa_exc.DBAPIError) as error:
            await session.execute(select(func.pg_sleep(5)))
        await session.rollback()
    problem = problem_for_database_error(error.value)
    assert problem is not None
    assert problem.status == 503


@pytest.mark.parametrize(
    ("statement", "values", "status"),
    [
        ("SELECT CAST(:x AS text)", {"x": "a\x00b"}, 422),
        ("SELECT CAST(:x AS integer)", {"x": 2**40}, 422),
        ("SELECT CAST(:x AS date)", {"x": "no date"}, 422),
        ("SELECT CAST(CAST(:x AS text) AS integer)", {"x": "no number"}, 422),
        ("SELECT CAST(CAST(:x AS text) AS numeric(3))", {"x": "99999"}, 422),
    ],
)
async def test_a_value_that_the_database_cannot_hold_is_the_callers_fault(
    probe: RunningService, statement: str, values: dict[str, object], status: int
) -> None:
    async with probe.runtime.database.transaction() as session:
        with pytest.raises(sa_exc.SQLAlchemyError) as error:
            await session.execute(text(statement), values)
        await session.rollback()
    problem = problem_for_database_error(error.value)
    assert problem is not None
    assert problem.status == status


async def test_a_mistake_in_our_own_sql_is_no_problem_of_the_callers(probe: RunningService) -> None:
    async with probe.runtime.database.transaction() as session:
        with pytest.raises(sa_exc.ProgrammingError) as error:
            await session.execute(text("SELECT nonsense FROM nowhere"))
        await session.rollback()
    assert problem_for_database_error(error.value) is None


async def test_a_transaction_commits_whole_or_not_at_all(probe: RunningService) -> None:
    database = probe.runtime.database

    def renamed(name: str) -> str:
        return f"UPDATE division SET name = '{name}' WHERE code = '420000'"  # two constants of this test

    async def name() -> str | None:
        async with database.transaction() as session:
            return await session.scalar(select(Division.name).where(Division.code == "420000"))

    with pytest.raises(LookupError):
        async with database.transaction() as session:
            await session.execute(text(renamed("a")))
            raise LookupError
    assert await name() == "湖北省"
    async with database.transaction() as session:
        await session.execute(text(renamed("b")))
        roll_back_only(session)
    assert await name() == "湖北省"
    async with database.transaction() as session:
        await session.execute(text(renamed("c")))
    assert await name() == "c"
