"""Waiting for what is known to come, and watching one transaction wait for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database

_BLOCKED = text(
    """
    SELECT EXISTS (
        SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))
    )
    """
)


_WAITING = text(
    """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND wait_event_type = 'Lock')
    """
)


async def something_waits(database: Database) -> bool:
    """Whether one of the service's transactions waits for a lock.

    In a transaction of its own each time: within one the server answers what it said before.
    """
    async with database.transaction() as session:
        return bool(await session.scalar(_WAITING))


async def waits_for(session: AsyncSession, task: asyncio.Task[Any]) -> bool:
    """True once something waits for a lock of `session`; False if the task ended without."""
    while not task.done():
        if await session.scalar(_BLOCKED):
            return True
        await asyncio.sleep(0.01)
    return False


async def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Return as soon as `holds()`; TimeoutError if it never does."""
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)


async def anyone_waits(watcher: AsyncSession, task: asyncio.Task[Any]) -> bool:
    """True once something waits for a lock, whoever holds it; False if the task ended without."""
    while not task.done():
        if await watcher.scalar(text("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")):
            return True
        await asyncio.sleep(0.01)
    return False
