"""How each of the four histories is run: asynchronous engine, own schema, own version table.

The caller may hand over a connection (`config.attributes["connection"]`, as `sdz migrate` does); else the
owner's address is read from `SDZ_<SERVICE>_OWNER_DATABASE_URL`, so that Alembic's own command works too:

    alembic -c migrations/alembic.ini -n registry history
    alembic -c migrations/alembic.ini -n registry upgrade head --sql
"""

import asyncio
import os

from alembic import context, op
from sqlalchemy import Connection
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from sdz.database_urls import owner_variable, required_url, sqlalchemy_url


def run_history(service: str) -> None:
    """Run the migrations that Alembic's command asks for in the schema of `service`."""
    given = context.config.attributes.get("connection")
    if context.is_offline_mode():
        context.configure(dialect_name="postgresql", version_table_schema=service, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
    elif given is not None:
        _run_on(given, service)
    else:
        asyncio.run(_connect_and_run(service))


def runtime_role() -> str:
    """The role that the service runs as: the name of the owner, who migrates, without its ending.

    `ValueError` when the migration is not run by an owner role.
    """
    if context.is_offline_mode():
        return "runtime_role"  # the printed SQL is read by people and linters, and names no installation
    owner = str(op.get_bind().exec_driver_sql("SELECT current_user").scalar_one())
    if not owner.endswith("_owner"):
        raise ValueError(f"migrations are run by a role named <runtime role>_owner, not by {owner}")
    return owner.removesuffix("_owner")


def connection() -> Connection | MockConnection:
    """What a migration hands to a function that makes tables: the database, or the printer of `--sql`."""
    if not context.is_offline_mode():
        return op.get_bind()
    return _Printer(context.get_context().dialect, lambda statement, *_, **__: op.execute(statement))


class _Printer(MockConnection):
    """Prints what would be executed."""

    def exec_driver_sql(self, statement: str) -> None:
        op.execute(statement)


def _run_on(given: Connection, service: str) -> None:
    context.configure(
        connection=given,
        version_table_schema=service,
        # A version that builds an index concurrently must end its transaction without undoing its neighbours.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_run(service: str) -> None:
    url = required_url(os.environ, owner_variable(service))
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connected:
            await connected.run_sync(_run_on, service)
    finally:
        await engine.dispose()
