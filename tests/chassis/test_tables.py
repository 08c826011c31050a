"""The migrated schemas are as the declared tables say, in every service."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import asyncpg
import pytest
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver

from chassis.operations.queue import queries_on
from sdz.services import SERVICES
from tests.postgres import CHECKOUT, ServiceDatabases

# In a process of its own: the services' models share one MetaData object.
_COMPARE = """
import asyncio, importlib, json, os, sys
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.ext.asyncio import create_async_engine
from chassis.base_tables import metadata

service = sys.argv[1]
importlib.import_module(f"services.{service}.app")

def ours(thing, name, kind, reflected, other):
    # Alembic's own table; the index below an exclusion constraint, which models cannot declare; and the
    # tables of the queue, which its library compares itself
    owner = name if kind == "table" else thing.table.name
    return owner != "alembic_version" and not owner.startswith("pgqueuer") and not (
        kind == "index" and name.startswith("ex_")
    )

def matters(difference):
    # a default that only the database has does no harm
    changes = difference if isinstance(difference, list) else [difference]
    return any(change[0] != "modify_default" or change[-1] is not None for change in changes)

def compare(connection):
    options = {"include_object": ours, "compare_server_default": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return [difference for difference in found if matters(difference)]

async def main():
    url = os.environ["COMPARED"].replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, connect_args={"server_settings": {"search_path": service}})
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()
    print(json.dumps([[repr(item) for item in found], sorted(metadata.tables)]))

asyncio.run(main())
"""

_HISTORY = (
    "outbox",
    "feed",
    "idempotency",
    "alembic_version",
    "audit_pending",
    "audit_record",
    "audit_personal",
    "audit_head",
)


@pytest.mark.parametrize("service", SERVICES)
def test_the_migrated_schema_is_as_the_tables_are_declared(
    service_databases: ServiceDatabases, service: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COMPARE, service],
        cwd=CHECKOUT,
        env={**os.environ, "COMPARED": service_databases.owner_url(service)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    differences, tables = json.loads(done.stdout)
    assert differences == []
    assert {"outbox", "feed", "consumer", "replica", "idempotency"} <= set(tables)


@pytest.mark.anyio
@pytest.mark.parametrize("service", SERVICES)
async def test_the_service_may_add_to_history_and_not_change_it(
    service_databases: ServiceDatabases, service: str
) -> None:
    connection = await asyncpg.connect(service_databases.admin_url)
    try:
        rows = await connection.fetch(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants"
            " WHERE table_schema = $1 AND grantee = $2",
            service,
            service_databases.prefix + service,
        )
    finally:
        await connection.close()
    rights: dict[str, set[str]] = {}
    for row in rows:
        rights.setdefault(row["table_name"], set()).add(row["privilege_type"])
    assert {name: rights[name] for name in _HISTORY} == {
        "outbox": {"SELECT", "INSERT", "DELETE"},
        "feed": {"SELECT", "INSERT"},
        "idempotency": {"SELECT", "INSERT", "DELETE"},
        "alembic_version": {"SELECT"},
        "audit_pending": {"SELECT", "INSERT"},
        "audit_record": {"SELECT"},
        "audit_personal": {"SELECT", "INSERT", "DELETE"},
        "audit_head": {"SELECT", "INSERT"},
    }
    assert not any(held & {"TRUNCATE", "REFERENCES", "TRIGGER"} for held in rights.values())


@pytest.mark.anyio
@pytest.mark.parametrize("service", SERVICES)
async def test_the_library_of_the_queue_finds_its_tables_as_it_would_make_them(
    service_databases: ServiceDatabases, service: str
) -> None:
    connection = await asyncpg.connect(
        service_databases.owner_url(service), server_settings={"search_path": service}
    )
    try:
        plan = await queries_on(AsyncpgDriver(connection), service).plan_upgrade()
    finally:
        await connection.close()
    assert plan.statements == ()
    assert plan.notes == ()
