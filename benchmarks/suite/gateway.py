"""What the gateway adds to a read, beside nginx in front of the same service."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.nginx import nginx
from benchmarks.processes import cpu_seconds
from benchmarks.programs import wrk
from benchmarks.world import World

_PATHS = {
    "one zone, fast read": "/api/v1/zones/code:SDZ-0018",
    "one zone, ordinary read": "/api/v1/zones/code:SDZ-0018?fields=id,code,name,names,state,division,point",
    "page of 50 zones, fast read": "/api/v1/zones?limit=50",
    "page of 50 zones, ordinary read": "/api/v1/zones?limit=50&count=none",
}


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    platform = world.platform

    def load(url: str, pids: Sequence[int], token: Callable[[], str]) -> Case:
        def case() -> Mapping[str, float]:
            headers = {"authorization": f"Bearer {token()}"}
            before = cpu_seconds(pids)
            figures = wrk(url, headers=headers, seconds=world.seconds)
            added = cpu_seconds(pids) - before
            return figures | {"CPU µs added/request": added / figures.pop("requests") * 1e6}

        return case

    with nginx(platform.url("registry")) as (proxy, workers):
        yield {
            title: {
                "nginx": load(
                    proxy + path, workers, lambda: platform.internal_token("registry", "zone.read")
                ),
                "gateway": load(platform.gateway + path, [platform.pid("gateway")], platform.access_token),
            }
            for title, path in _PATHS.items()
        }


BENCHMARK = Benchmark(
    title="a read through the gateway",
    open=_open,
    ratio="requests/s",
    note=(
        "Yardstick: nginx (one worker, connections kept open) in front of the same process of the registry."
        " nginx only hands on; the gateway also verifies the access token, looks up the account, exchanges"
        " the token, sets the deadline and logs. 32 connections."
    ),
    needs=("wrk", "nginx"),
)
