"""A few of the driver's own connections, beside the engine, for single statements that only read.

The driver's pool spends more on handing out and taking back than on the statement; one in autocommit and
read-only leaves nothing to take back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from chassis.telemetry.spans import Traces, call_span


class ReadPool:
    """At most `size` connections, opened when first needed; each statement is a transaction of its own."""

    def __init__(
        self,
        url: str,
        settings: Mapping[str, str],
        *,
        size: int,
        wait_seconds: float,
        traces: Traces | None = None,
    ) -> None:
        self._url, self._size, self._wait_seconds = url, size, wait_seconds
        self._settings = {**settings, "default_transaction_read_only": "on"}
        self._traces = traces
        self._slots = asyncio.Semaphore(size)
        self._idle: list[Any] = []
        self._busy = 0

    async def fetch(self, sql: str, arguments: Sequence[Any], seconds: float) -> list[Any]:
        """The rows of one statement, which may take `seconds`.

        Raises TimeoutError when no connection is free in time or the statement takes too long, and what the
        driver raises.
        """
        if self._slots.locked():
            async with asyncio.timeout(min(self._wait_seconds, seconds)):
                await self._slots.acquire()
        else:
            await self._slots.acquire()
        self._busy += 1
        try:
            connection = self._take() or await self._connect()
            try:
                with call_span(self._traces, "SELECT", **{"db.query.text": sql}):
                    rows: list[Any] = await connection.fetch(sql, *arguments, timeout=seconds)
            except BaseException:
                # cut off in the middle, or lost: what is left of it is nobody's any more
                connection.terminate()
                raise
            self._idle.append(connection)
            return rows
        finally:
            self._busy -= 1
            self._slots.release()

    @property
    def busy(self) -> int:
        """Connections that work now."""
        return self._busy

    @property
    def size(self) -> int:
        return self._size

    def _take(self) -> Any:
        """The connection that was used last, passing over those that the server has closed."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        return None

    async def _connect(self) -> Any:
        connection = await asyncpg.connect(self._url, timeout=5, server_settings=self._settings)
        for name in ("json", "jsonb"):
            await connection.set_type_codec(
                name, schema="pg_catalog", encoder=str, decoder=msgspec.json.decode, format="text"
            )
        return connection

    async def close(self) -> None:
        """Close the idle ones; one that works ends with its statement."""
        while self._idle:
            await self._idle.pop().close()
