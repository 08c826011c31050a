"""The read pool: bounded, read-only, and never handing out what is broken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from chassis.fast.pool import ReadPool
from tests.postgres import ServiceDatabases
from tests.waiting import until

pytestmark = pytest.mark.anyio
PID = "SELECT pg_backend_pid() AS pid"


@pytest.fixture
async def pool(service_databases: ServiceDatabases) -> AsyncIterator[ReadPool]:
    made = ReadPool(service_databases.url("registry"), {"search_path": "registry"}, size=2, wait_seconds=0.2)
    yield made
    await made.close()


async def test_the_connection_that_was_used_last_is_used_again(pool: ReadPool) -> None:
    pids = {(await pool.fetch(PID, [], 5))[0]["pid"] for _ in range(5)}
    assert len(pids) == 1
    assert (pool.busy, pool.size) == (0, 2)


async def test_who_finds_no_connection_free_waits_a_bounded_time(pool: ReadPool) -> None:
    sleeping = [asyncio.create_task(pool.fetch("SELECT pg_sleep(30)", [], 60)) for _ in range(2)]
    await until(lambda: pool.busy == 2)
    with pytest.raises(TimeoutError):
        await pool.fetch(PID, [], 5)
    for task in sleeping:
        task.cancel()
    await asyncio.gather(*sleeping, return_exceptions=True)
    assert (await pool.fetch(PID, [], 5))[0]["pid"] > 0
    assert pool.busy == 0


async def test_a_statement_that_takes_too_long_ends_with_its_connection(pool: ReadPool) -> None:
    before = (await pool.fetch(PID, [], 5))[0]["pid"]
    with pytest.raises(TimeoutError):
        await pool.fetch("SELECT pg_sleep(30)", [], 0.05)
    assert (await pool.fetch(PID, [], 5))[0]["pid"] != before


async def test_a_connection_that_the_server_has_closed_is_passed_over(
    pool: ReadPool, service_databases: ServiceDatabases
) -> None:
    before = (await pool.fetch(PID, [], 5))[0]["pid"]
    admin = await asyncpg.connect(service_databases.admin_url)
    await admin.execute("SELECT pg_terminate_backend($1, 5000)", before)
    await admin.close()
    connection = pool._idle[-1]
    await until(connection.is_closed)
    assert (await pool.fetch(PID, [], 5))[0]["pid"] != before


async def test_nothing_can_be_written(pool: ReadPool) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        await pool.fetch("DELETE FROM zone", [], 5)
