"""Bring the schemas of the services to the newest version."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from sdz.database_urls import owner_variable, required_url, sqlalchemy_url
from sdz.migration_lock import migration_lock
from sdz.services import SERVICES
from sdz.settings import CHECKOUT
from sdz.trouble import Trouble

PATIENCE: Final = 600.0


@dataclass(frozen=True)
class Migrated:
    """The version of one schema before and after; the same when there was nothing to do."""

    service: str
    before: str | None
    after: str | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def migrate(
    environment: Mapping[str, str],
    services: Iterable[str] = SERVICES,
    *,
    patience: float = PATIENCE,
    waiting: Callable[[str], None] = lambda service: None,
) -> list[Migrated]:
    """Upgrade each service's schema to its head, with the owner's addresses in `environment`.

    Any number of these may run at once: one works, the others wait (`waiting` is told which service) and find
    it done. `Trouble` when a database cannot be reached or a version fails.
    """
    urls = {service: required_url(environment, owner_variable(service)) for service in services}

    async def all_of_them() -> list[Migrated]:
        return [await _migrate_one(service, url, patience, waiting) for service, url in urls.items()]

    return asyncio.run(all_of_them())


def head(service: str) -> str | None:
    """The newest version that the checkout knows for this service."""
    return ScriptDirectory.from_config(_config(service)).get_current_head()


async def current(service: str, url: str) -> str | None:
    """The version of the schema behind `url` (owner's or runtime role's); None before the first migration."""
    engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
    try:
        return await _current(engine, service)
    finally:
        await engine.dispose()


async def _migrate_one(service: str, url: str, patience: float, waiting: Callable[[str], None]) -> Migrated:
    async with migration_lock(url, service, patience=patience, waiting=waiting):
        engine = create_async_engine(sqlalchemy_url(url), poolclass=NullPool)
        try:
            before = await _current(engine, service)
            if before != head(service):
                async with engine.connect() as connection:
                    await connection.run_sync(_upgrade, service)
            return Migrated(service, before, await _current(engine, service))
        except (SQLAlchemyError, CommandError) as error:
            reason = str(getattr(error, "orig", None) or error)
            raise Trouble(
                f"{service}: the migration failed: {reason}", "nothing of the failed version was kept"
            ) from error
        finally:
            await engine.dispose()


async def _current(engine: AsyncEngine, service: str) -> str | None:
    def read(connection: Connection) -> str | None:
        return MigrationContext.configure(
            connection, opts={"version_table_schema": service}
        ).get_current_revision()

    async with engine.connect() as connection:
        return await connection.run_sync(read)


def _upgrade(connection: Connection, service: str) -> None:
    config = _config(service)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(CHECKOUT / "migrations" / service).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
