"""The engine, one transaction a request, and the guard that no read forgets its scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

import msgspec
from sqlalchemy import ClauseElement, Table, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry
from sqlalchemy.sql import visitors

SCOPED = {"scoped": True}  # a table's `info`: its rows belong to a place
SCOPE_OPTION = "scope"
UNAUDITED = {"unaudited": True}  # a table's `info`: what is written there is nobody's decision
AS_SYSTEM = {SCOPE_OPTION: "system"}  # execution option of statements that serve no caller


class UnscopedRead(RuntimeError):
    """A statement reads a scoped table without having been limited to the caller's scope."""


class ScopedSession(Session):
    """Session whose reads of scoped tables must say in whose scope they are."""


@event.listens_for(ScopedSession, "do_orm_execute")
def _refuse_unscoped(state: ORMExecuteState) -> None:
    """Fail closed: forgetting `visible_to` is an error at the first call, not a leak.

    Aliases, subqueries and the parts of a union are looked into as well.
    """
    if not state.is_select or state.execution_options.get(SCOPE_OPTION):
        return
    if state.is_column_load or state.is_relationship_load:
        return  # of a row that a scoped read has already given
    for part in visitors.iterate(cast(ClauseElement, state.statement)):  # as every select is
        for table in (part, getattr(part, "table", None)):
            if isinstance(table, Table) and table.info.get("scoped"):
                raise UnscopedRead(f"{table.name} is read without a scope; start from its visible_to()")


@dataclass
class Waits:
    """How often, and how long altogether, somebody waited for a connection."""

    count: int = 0
    seconds: float = 0.0


class _TimedPool(AsyncAdaptedQueuePool):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waits = Waits()

    def _do_get(self) -> ConnectionPoolEntry:
        started = perf_counter()
        try:
            return super()._do_get()
        finally:
            self.waits.count += 1
            self.waits.seconds += perf_counter() - started


class Database:
    """A service's own schema. `url` is `postgresql://user:password@host:port/database`."""

    def __init__(self, url: str, schema: str, *, pool_size: int = 10, pool_wait_seconds: float = 2.0) -> None:
        self.schema = schema
        self.connection_settings = {
            "search_path": f"{schema}, extensions",
            "application_name": f"sdz-{schema}",
            "timezone": "UTC",
            "statement_timeout": "30000",
            "lock_timeout": "5000",
            "idle_in_transaction_session_timeout": "60000",
        }
        self._url = url
        self.engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            poolclass=_TimedPool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_wait_seconds,
            pool_pre_ping=True,
            pool_use_lifo=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={
                "timeout": 5,
                "server_settings": self.connection_settings,
            },
        )
        self._sessions = async_sessionmaker(
            self.engine,
            expire_on_commit=False,
            autoflush=False,
            sync_session_class=ScopedSession,
            info={"service": schema},
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end, or rolls back on an exception or when asked by `roll_back_only`.

        The connection is taken from the pool at the first statement, not before.
        """
        async with self._sessions() as session:
            try:
                yield session
            except BaseException:
                await session.rollback()
                raise
            if session.info.get("rollback_only"):
                await session.rollback()
            else:
                await session.commit()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A transaction that cannot write and whose statements all see one moment (REPEATABLE READ)."""
        async with self.transaction() as session:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            await session.connection(execution_options=options)
            yield session

    def driver_arguments(self, purpose: str) -> dict[str, Any]:
        """What a connection or pool of the driver itself needs to be as those of the engine."""
        settings = {**self.connection_settings, "application_name": f"sdz-{self.schema}-{purpose}"}
        return {"dsn": self._url, "timeout": 5, "server_settings": settings}

    @property
    def waits(self) -> Waits:
        """Since the pool was made."""
        return cast(_TimedPool, self.engine.pool).waits

    async def close(self) -> None:
        await self.engine.dispose()


def roll_back_only(session: AsyncSession) -> None:
    """What this transaction did shall be answered, not kept (a preview)."""
    session.info["rollback_only"] = True
