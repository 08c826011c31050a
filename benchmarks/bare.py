"""The yardstick: a read with nothing around it. ASGI function, asyncpg pool, msgspec; no access check."""

from __future__ import annotations

import os
from typing import Any

import asyncpg
import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

DATABASE_VARIABLE = "SDZ_BENCHMARK_DATABASE_URL"

_COLUMNS = """
    SELECT zone.*, division.code AS division_code, division.name AS division_name,
           coalesce((SELECT json_agg(json_build_object('system', system, 'value', value)
                                     ORDER BY system, value)
                     FROM zone_external_id WHERE zone_id = zone.id), '[]') AS external_ids
    FROM zone JOIN division ON division.id = zone.division_id
"""
_ONE = _COLUMNS + "WHERE zone.code = $1 AND zone.deleted_at IS NULL"
_PAGE = _COLUMNS + "WHERE zone.deleted_at IS NULL ORDER BY zone.code, zone.id LIMIT $1"


def create_app() -> ASGIApp:
    """`/zones/<code>` answers one row, `/zones?<n>` the first n rows."""
    pool: Any = None

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal pool
        if scope["type"] == "lifespan":
            await receive()
            pool = await asyncpg.create_pool(
                os.environ[DATABASE_VARIABLE],
                min_size=1,
                max_size=10,
                server_settings={"search_path": "registry", "timezone": "UTC"},
                reset=_nothing,
            )
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await pool.close()
            await send({"type": "lifespan.shutdown.complete"})
            return
        code = scope["path"].removeprefix("/zones").removeprefix("/")
        if code:
            body = msgspec.json.encode(dict(await pool.fetchrow(_ONE, code)))
        else:
            rows = await pool.fetch(_PAGE, int(scope["query_string"]))
            body = msgspec.json.encode({"items": [dict(row) for row in rows]})
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return serve


async def _nothing(_connection: Any) -> None:
    """asyncpg's reset of a connection costs as much as the query; a pool that only reads leaves nothing."""
