"""How long an event takes from the writer's commit to a reader that waits for it."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import quantiles

import asyncpg
import httpx

from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.world import Running, World

_INSERT = """
    INSERT INTO registry.outbox
        (event_id, type, kind, subject_id, version, actor, trace_id, data, division_path)
    VALUES ($1, 'sdz.benchmark.created.v1', 'benchmark', $1, 1, 'benchmark', repeat('0', 32), $2, '{}')
"""
_PATIENCE = 30.0


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    with world.new_platform() as platform:

        def at(rate: int) -> Case:
            return lambda: asyncio.run(_measure(platform, rate, world.seconds))

        yield {"from commit to reader": {"100 events/s": at(100), "500 events/s": at(500)}}


async def _measure(platform: Running, rate: int, seconds: int) -> Mapping[str, float]:
    """Lags in ms of `rate * seconds` events, each written in a transaction of its own."""
    token = platform.internal_token("registry", "feed.read")
    headers = {"authorization": f"Bearer {token}"}
    wanted, lags = rate * seconds, list[float]()
    writer = await asyncpg.connect(platform.database_url("registry"))
    try:
        async with httpx.AsyncClient(
            base_url=platform.url("registry"), headers=headers, timeout=_PATIENCE, trust_env=False
        ) as reader:
            after = await writer.fetchval("SELECT coalesce(max(position), 0) FROM registry.feed")
            async with asyncio.timeout(seconds + _PATIENCE), asyncio.TaskGroup() as both:
                both.create_task(_write(writer, rate, wanted))
                both.create_task(_read(reader, after, wanted, lags))
    finally:
        await writer.close()
    cuts = quantiles(lags, n=20)
    return {"p50 ms": cuts[9], "p95 ms": cuts[18], "most ms": max(lags)}


async def _write(connection: asyncpg.Connection, rate: int, wanted: int) -> None:
    started = time.perf_counter()
    for number in range(wanted):
        await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
        data = {"id": str(number), "version": 1, "deleted": False, "changed": [], "resource": {}}
        sent = {**data, "sent": time.time()}
        await connection.execute(_INSERT, uuid.uuid4(), json.dumps(sent))


async def _read(client: httpx.AsyncClient, after: int, wanted: int, lags: list[float]) -> None:
    while len(lags) < wanted:
        query = {"source": "registry", "after": str(after), "wait": "10", "types": "benchmark"}
        answer = await client.get("/api/v1/changes", params=query)
        page = answer.raise_for_status().json()
        now = time.time()
        lags.extend((now - item["data"]["sent"]) * 1000 for item in page["items"])
        after = int(page["next_after"])


BENCHMARK = Benchmark(
    title="feed lag",
    open=_open,
    ratio="p95 ms",
    note=(
        "Events committed one by one at a steady rate, read by one consumer over HTTP with a long poll;"
        " writer and reader share one process beside the platform's."
    ),
)
