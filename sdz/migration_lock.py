"""One migration at a time for each service, however many start at once."""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from sdz.trouble import Trouble

MIGRATION_LOCKS: Final = 0x53445A4D


@asynccontextmanager
async def migration_lock(
    url: str, service: str, *, patience: float, waiting: Callable[[str], None]
) -> AsyncIterator[None]:
    """Hold the advisory lock of the service's migrations, on a connection of its own.

    It asks again and again: a session that waits inside PostgreSQL holds a snapshot for which the winner's
    CREATE INDEX CONCURRENTLY would wait in turn, and both for ever. `waiting` is told once when another has
    it; `Trouble` after `patience` seconds.
    """
    connection = await _connect(url, service)
    try:
        clock = asyncio.get_running_loop().time
        deadline = clock() + patience
        told = False
        while not await connection.fetchval(
            "SELECT pg_try_advisory_lock($1::int4, $2::int4)", MIGRATION_LOCKS, _number(service)
        ):
            if clock() > deadline:
                raise Trouble(
                    f"{service}: another migration has been running for {patience:.0f} s",
                    "wait for it, or end its session in the database",
                )
            if not told:
                waiting(service)
                told = True
            await asyncio.sleep(0.2)
        yield
    finally:
        await connection.close()


def _number(service: str) -> int:
    """A number for the name in the range of int4."""
    return zlib.crc32(service.encode()) - 2**31


async def _connect(url: str, service: str) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(url)
    except (OSError, TimeoutError) as error:
        raise Trouble(f"{service}: the database cannot be reached: {error}", "is it running?") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
        raise Trouble(
            f"{service}: the database refused the owner: {error}",
            "run `sdz bootstrap-database`, or correct the address of the owner role",
        ) from None
