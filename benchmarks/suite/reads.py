"""Reads straight at the service, beside an endpoint that does nothing but the query."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.bare import DATABASE_VARIABLE
from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.processes import cpu_seconds, uvicorn
from benchmarks.programs import wrk
from benchmarks.world import World
from sdz.free_ports import free_port

_ZONE = "SDZ-0018"


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    platform, port = world.platform, free_port()
    bare = f"http://127.0.0.1:{port}"
    service, own = platform.url("registry"), platform.pid("registry")
    environment = {DATABASE_VARIABLE: platform.database_url("registry")}
    with uvicorn("benchmarks.bare:create_app", port, environment) as pid:

        def load(url: str, pid: int) -> Case:
            def case() -> dict[str, float]:
                token = platform.internal_token("registry", "zone.read")
                before = cpu_seconds([pid])
                figures = wrk(url, headers={"authorization": f"Bearer {token}"}, seconds=world.seconds)
                used = cpu_seconds([pid]) - before
                return figures | {"CPU µs/request": used / figures.pop("requests") * 1e6}

            return case

        yield {
            "one zone": {
                "bare endpoint": load(f"{bare}/zones/{_ZONE}", pid),
                "service": load(f"{service}/api/v1/zones/code:{_ZONE}", own),
            },
            "page of 50 zones": {
                "bare endpoint": load(f"{bare}/zones?50", pid),
                "service": load(f"{service}/api/v1/zones?limit=50", own),
            },
        }


BENCHMARK = Benchmark(
    title="one zone and a page of zones, directly at the service",
    open=_open,
    ratio="requests/s",
    note=(
        "Yardstick: a bare ASGI function on the same server, driver and encoder with the same query, which"
        " authenticates nobody, checks nothing and logs nothing. One worker each, 32 connections."
    ),
    needs=("wrk",),
)
