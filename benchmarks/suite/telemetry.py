"""What telemetry costs when nobody looks, and when somebody does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.processes import cpu_seconds
from benchmarks.programs import wrk
from benchmarks.world import World

_PATHS = {"fast read": "/api/v1/zones/code:SDZ-0018", "ordinary read": "/api/v1/zones?limit=1&count=none"}


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    platform = world.platform

    def load(url: str, pid: int, path: str) -> Case:
        def case() -> Mapping[str, float]:
            token = platform.internal_token("registry", "zone.read")
            before = cpu_seconds([pid])
            figures = wrk(url + path, headers={"authorization": f"Bearer {token}"}, seconds=world.seconds)
            used = cpu_seconds([pid]) - before
            return figures | {"CPU µs/request": used / figures.pop("requests") * 1e6}

        return case

    with (
        _collector() as endpoint,
        platform.replica("registry") as off,
        platform.replica("registry", SDZ_TRACES_ENDPOINT=endpoint, SDZ_TRACES_RATIO="0") as idle,
        platform.replica("registry", SDZ_TRACES_ENDPOINT=endpoint, SDZ_TRACES_RATIO="0.01") as sampled,
        platform.replica("registry", SDZ_TRACES_ENDPOINT=endpoint, SDZ_TRACES_RATIO="1") as all_of_them,
    ):
        yield {
            title: {
                "no traces": load(*off, path),
                "traces set up, none sampled": load(*idle, path),
                "1 % sampled": load(*sampled, path),
                "all sampled": load(*all_of_them, path),
            }
            for title, path in _PATHS.items()
        }


@contextmanager
def _collector() -> Iterator[str]:
    """Takes spans and forgets them."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


BENCHMARK = Benchmark(
    title="the cost of telemetry",
    open=_open,
    ratio="requests/s",
    note=(
        "Four processes of the registry that differ in their settings only. Request metrics are always"
        " counted; spans are made for sampled requests alone."
    ),
    needs=("wrk",),
)
