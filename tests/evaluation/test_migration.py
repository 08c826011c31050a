"""The tables that the migrations make are those that the models describe."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError

from chassis.database import Database
from chassis.resource import Base
from services.evaluation import app
from tests.postgres import ServiceDatabases

pytestmark = pytest.mark.anyio
TABLES = {
    mapper.class_.__tablename__
    for mapper in Base.registry.mappers
    if mapper.class_.__module__.startswith("services.evaluation.")
}


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_object": lambda item, name, kind, _reflected, _compared: (
                (item.name if kind == "table" else item.table.name) in TABLES
            ),
            "compare_type": True,
            "version_table_schema": "evaluation",
        },
    )
    return list(compare_metadata(context, Base.metadata))


async def test_models_and_migrations_agree(service_databases: ServiceDatabases) -> None:
    assert app.SERVICE.name == "evaluation"
    assert len(TABLES) == 8
    database = Database(service_databases.owner_url("evaluation"), "evaluation")
    try:
        async with database.engine.connect() as connection:
            assert await connection.run_sync(_differences) == []
    finally:
        await database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE run SET ranked = 0",
        "DELETE FROM run",
        "UPDATE score SET rank = 1",
        "DELETE FROM score",
    ],
)
async def test_the_service_itself_cannot_change_a_run(
    service_databases: ServiceDatabases, statement: str
) -> None:
    database = Database(service_databases.url("evaluation"), "evaluation")
    try:
        async with database.transaction() as session:
            with pytest.raises(ProgrammingError, match="permission denied"):
                await session.execute(text(statement))
    finally:
        await database.close()
