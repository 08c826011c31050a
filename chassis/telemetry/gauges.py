"""The state of a process and its schema, looked up when somebody asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from sqlalchemy import func, select

from chassis.base_tables import consumer, feed, outbox
from chassis.database import AS_SYSTEM, Database
from chassis.operations.tables import operation
from chassis.runtime import Runtime

_SECONDS = 2.0
# Name of a figure: what it says.
_OF_SCHEMA = {
    "sdz_feed_position": "Newest numbered event",
    "sdz_outbox_events": "Committed events that wait for the sequencer",
    "sdz_outbox_oldest_seconds": "Age of the oldest of them",
}
UNFINISHED = ("queued", "running")
_DEPTHS = (
    select(operation.c.state, func.count())
    .where(operation.c.state.in_(UNFINISHED))
    .group_by(operation.c.state)
)


async def gauges(runtime: Runtime) -> list[Metric]:
    """Connections, and where the feed, its sequencer and its consumers stand."""
    found = list(_connections(runtime))
    up = GaugeMetricFamily("sdz_database_up", "The schema could be asked", labels=[])
    try:
        async with asyncio.timeout(_SECONDS):
            found += await _schema(runtime.database)
        up.add_metric([], 1)
    except Exception:  # a scrape that fails with the database would hide that it fails
        up.add_metric([], 0)
    return [*found, up]


def _connections(runtime: Runtime) -> Iterator[Metric]:
    used = GaugeMetricFamily("sdz_connections_in_use", "Database connections at work", labels=["pool"])
    most = GaugeMetricFamily("sdz_connections_most", "Database connections there can be", labels=["pool"])
    pool: Any = runtime.database.engine.pool
    for name, busy, size in (
        ("engine", pool.checkedout(), pool.size()),
        ("reads", runtime.reads.busy, runtime.reads.size),
    ):
        used.add_metric([name], busy)
        most.add_metric([name], size)
    yield used
    yield most
    waits = runtime.database.waits
    yield CounterMetricFamily("sdz_connection_waits", "Connections taken from the engine's pool", waits.count)
    yield CounterMetricFamily("sdz_connection_wait_seconds", "Time spent waiting for them", waits.seconds)


async def _schema(database: Database) -> list[Metric]:
    newest = select(func.max(feed.c.position)).scalar_subquery()
    waiting = select(
        newest.label("position"),
        func.count(outbox.c.id).label("events"),
        func.extract("epoch", func.now() - func.min(outbox.c.occurred_at)).label("oldest"),
    )
    async with database.transaction() as session:
        row = (await session.execute(waiting, execution_options=AS_SYSTEM)).one()
        positions = (await session.execute(select(consumer))).all()
        counted = (await session.execute(_DEPTHS, execution_options=AS_SYSTEM)).all()
    values = (row.position or 0, row.events, float(row.oldest or 0))
    told: list[Metric] = [
        GaugeMetricFamily(name, said, value)
        for (name, said), value in zip(_OF_SCHEMA.items(), values, strict=True)
    ]
    queue = GaugeMetricFamily("sdz_operations", "Long work that is not finished", labels=["state"])
    for state in UNFINISHED:
        queue.add_metric([state], sum(number for held, number in counted if held == state))
    told.append(queue)
    if positions:
        applied = GaugeMetricFamily(
            "sdz_consumer_position", "Last event applied of another service's feed", labels=["source"]
        )
        for held in positions:
            applied.add_metric([held.source], held.position)
        told.append(applied)
    return told
