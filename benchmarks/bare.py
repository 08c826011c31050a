"""The yardstick: a read with nothing around it. ASGI function, asyncpg pool, msgspec; no access check."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg
import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

_DATABASE, _QUERIES = "SDZ_BENCHMARK_DATABASE_URL", "SDZ_BENCHMARK_QUERIES"


def environment(database_url: str, queries: Mapping[str, tuple[str, Sequence[Any]]]) -> dict[str, str]:
    """What `create_app` reads: `queries` maps a path to SQL and its arguments."""
    return {_DATABASE: database_url, _QUERIES: msgspec.json.encode(queries).decode()}


def create_app() -> ASGIApp:
    """Answers the rows of the path's query."""
    queries: dict[str, tuple[str, list[Any]]] = msgspec.json.decode(os.environ[_QUERIES])
    pool: Any = None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pool
        if scope["type"] == "lifespan":
            await receive()
            pool = await asyncpg.create_pool(
                os.environ[_DATABASE],
                min_size=1,
                max_size=4,
                server_settings={"search_path": "registry", "timezone": "UTC"},
                reset=_nothing,
            )
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        sql, arguments = queries[scope["path"]]
        rows = await pool.fetch(sql, *arguments)
        body = msgspec.json.encode([dict(row) for row in rows])
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve


async def _nothing(_connection: Any) -> None:
    """The driver's reset costs as much as the query; a pool that only reads leaves nothing to reset."""
