"""Reads straight at the service, beside an endpoint that does nothing but the query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from benchmarks import bare
from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.processes import cpu_seconds, uvicorn
from benchmarks.programs import wrk
from benchmarks.world import World
from chassis.fast.reads import FastOne, FastPage
from chassis.identity.principal import EVERYWHERE, Principal
from sdz.free_ports import free_port
from services.registry.zones.routes import router

_ZONE = "SDZ-0018"
_NATION = Principal("person:benchmark", "gateway", view=EVERYWHERE)


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    platform, port = world.platform, free_port()
    yardstick = f"http://127.0.0.1:{port}"
    service, own = platform.url("registry"), platform.pid("registry")
    environment = bare.environment(platform.database_url("registry"), _queries())
    with (
        uvicorn("benchmarks.bare:create_app", port, environment) as pid,
        platform.replica("registry", SDZ_REGISTRY_FAST_READS="false") as (ordinary, slow),
    ):

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
                "bare endpoint": load(f"{yardstick}/one", pid),
                "fast read": load(f"{service}/api/v1/zones/code:{_ZONE}", own),
                "ordinary route": load(f"{ordinary}/api/v1/zones/code:{_ZONE}", slow),
            },
            "page of 50 zones": {
                "bare endpoint": load(f"{yardstick}/page", pid),
                "fast read": load(f"{service}/api/v1/zones?limit=50", own),
                "ordinary route": load(f"{ordinary}/api/v1/zones?limit=50", slow),
            },
        }


def _queries() -> dict[str, tuple[str, Sequence[Any]]]:
    """The statements of the fast reads themselves."""
    found: dict[str, tuple[str, Sequence[Any]]] = {}
    for registered in router.fast_reads:
        if isinstance(registered.read, FastOne):
            found["/one"] = registered.read.query(_NATION, "code", _ZONE)
        elif isinstance(registered.read, FastPage):
            found["/page"] = registered.read.query(_NATION, 50)
    return found


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
