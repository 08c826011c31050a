"""Migrations: once, whoever starts them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import pytest

from sdz.migrate import current, head, migrate
from sdz.migration_lock import migration_lock
from sdz.services import SERVICES
from sdz.trouble import Trouble
from tests.postgres import CHECKOUT, ServiceDatabases, new_service_databases


@pytest.fixture
def fresh(postgres: str) -> Iterator[ServiceDatabases]:
    with new_service_databases(postgres) as databases:
        yield databases


def test_five_at_once_do_it_once(fresh: ServiceDatabases) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "sdz", "migrate"],
            cwd=CHECKOUT,
            env={**os.environ, **fresh.owner_environment()},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(5)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * 5, outputs
    for service in SERVICES:
        lines = [
            line for output in outputs for line in output.splitlines() if line.startswith(f"{service}: ")
        ]
        assert sum(line == f"{service}: empty → {head(service)}" for line in lines) == 1
        assert sum(line == f"{service}: {head(service)}, nothing to do" for line in lines) == 4
        assert asyncio.run(current(service, fresh.url(service))) == head(service)


def test_every_history_has_its_version_table_in_its_own_schema(fresh: ServiceDatabases) -> None:
    done = migrate(fresh.owner_environment(), ["projects"])
    assert [(step.service, step.before, step.after) for step in done] == [
        ("projects", None, head("projects"))
    ]
    assert asyncio.run(_tables(fresh, "alembic_version")) == ["projects"]
    assert not migrate(fresh.owner_environment(), ["projects"])[0].changed


def test_who_waits_in_vain_says_so(fresh: ServiceDatabases) -> None:
    told: list[str] = []

    async def hold_and_try() -> None:
        url = fresh.owner_url("registry")
        async with migration_lock(url, "registry", patience=1, waiting=told.append):
            await asyncio.to_thread(
                migrate, fresh.owner_environment(), ["registry"], patience=0.1, waiting=told.append
            )

    with pytest.raises(Trouble, match="another migration has been running"):
        asyncio.run(hold_and_try())
    assert told == ["registry"]
    assert migrate(fresh.owner_environment(), ["registry"])[0].changed


def test_the_lock_of_one_service_does_not_hold_up_another(fresh: ServiceDatabases) -> None:
    async def hold_and_migrate() -> bool:
        async with migration_lock(fresh.owner_url("registry"), "registry", patience=1, waiting=print):
            done = await asyncio.to_thread(migrate, fresh.owner_environment(), ["gateway"], patience=1)
            return done[0].changed

    assert asyncio.run(hold_and_migrate())


def test_a_database_that_was_not_bootstrapped_is_named_as_such(fresh: ServiceDatabases) -> None:
    wrong = {"SDZ_REGISTRY_OWNER_DATABASE_URL": fresh.role_url("registry_owner", "wrong")}
    with pytest.raises(Trouble, match="refused the owner"):
        migrate(wrong, ["registry"])


def test_a_missing_address_names_its_variable() -> None:
    with pytest.raises(Trouble, match="SDZ_EVALUATION_OWNER_DATABASE_URL is not set"):
        migrate({}, ["evaluation"])


def test_alembics_own_command_prints_the_sql() -> None:
    command = ["-m", "alembic", "-c", "migrations/alembic.ini", "-n", "registry", "upgrade", "head", "--sql"]
    answer = subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert "CREATE TABLE registry.alembic_version" in answer.stdout
    assert "CREATE TABLE outbox" in answer.stdout


async def _tables(databases: ServiceDatabases, name: str) -> list[str]:
    connection = await asyncpg.connect(databases.admin_url)
    try:
        rows = await connection.fetch(
            "SELECT schemaname FROM pg_tables WHERE tablename = $1 ORDER BY 1", name
        )
        return [row["schemaname"] for row in rows]
    finally:
        await connection.close()
