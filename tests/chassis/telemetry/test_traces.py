"""Spans exist for sampled requests and for nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from starlette.types import Receive, Scope, Send

from chassis.peers import Peer
from chassis.runtime import Runtime
from chassis.telemetry.requests import RequestMetrics
from chassis.telemetry.spans import Traces, current_span
from chassis.tracing import Tracing, traceparent
from services.registry.app import SERVICE
from tests.chassis.telemetry.collector import Collector, collecting
from tests.postgres import ServiceDatabases
from tests.registry.builders import DIVISIONS, zone
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running

pytestmark = pytest.mark.anyio
TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@asynccontextmanager
async def traced(
    databases: ServiceDatabases, keys: KeyRing, collector: Collector, ratio: float = 0.0
) -> AsyncIterator[RunningService]:
    """A registry with one zone; its spans are at the collector after the block."""
    async with running(
        SERVICE, databases, keys, shared={"traces_endpoint": collector.endpoint, "traces_ratio": ratio}
    ) as service:
        async with service.client(ministry()) as office:
            sheet = csv_text(DIVISIONS)
            path = "/api/v1/divisions/imports?commit=true"
            assert (await office.post(path, content=sheet, headers={"content-type": "text/csv"})).is_success
            assert (await office.post("/api/v1/zones", json=zone())).is_success
        yield service


async def test_a_sampled_request_hangs_below_its_caller(
    service_databases: ServiceDatabases, keys: KeyRing, collector: Collector
) -> None:
    async with traced(service_databases, keys, collector) as service:
        async with service.client(ministry()) as office:
            for query in ("", "?fields=id"):  # the fast way and the ordinary one
                path = f"/api/v1/zones/code:Z-1{query}"
                assert (await office.get(path, headers={"traceparent": SAMPLED})).status_code == 200
    requests = collector.named("GET /api/v1/zones/{ref}")
    assert len(requests) == 2
    for span in requests:
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)
        told = {item.key: item.value for item in span.attributes}
        assert told["http.response.status_code"].int_value == 200
        below = [other for other in collector.spans if other.parent_span_id == span.span_id]
        assert {other.name for other in below} == {"SELECT"}
        assert all(other.trace_id == span.trace_id for other in below)


async def test_what_is_not_sampled_leaves_no_span(
    service_databases: ServiceDatabases, keys: KeyRing, collector: Collector
) -> None:
    async with traced(service_databases, keys, collector) as service:
        async with service.client(ministry()) as office:
            for headers in ({}, {"traceparent": UNSAMPLED}, {"traceparent": "nonsense"}):
                assert (await office.get("/api/v1/zones", headers=headers)).status_code == 200
    assert collector.spans == []


async def test_a_trace_that_is_drawn_here_has_the_id_of_the_answer(
    service_databases: ServiceDatabases, keys: KeyRing, collector: Collector
) -> None:
    async with traced(service_databases, keys, collector, ratio=1.0) as service:
        async with service.client(ministry()) as office:
            answer = await office.get("/api/v1/zones?sort=-code")
            refused = await office.post("/api/v1/zones", json=zone())
    (span,) = collector.named("GET /api/v1/zones")
    assert (span.trace_id.hex(), span.parent_span_id) == (answer.headers["trace-id"], b"")
    assert refused.status_code == 409  # a statement that fails ends its span too
    failed = [item for item in collector.spans if item.trace_id.hex() == refused.headers["trace-id"]]
    assert "INSERT" in {item.name for item in failed}


async def test_no_provider_is_made_for_the_whole_process(
    service_databases: ServiceDatabases, keys: KeyRing, collector: Collector
) -> None:
    """A global one would turn on the framework's own spans."""
    async with traced(service_databases, keys, collector, ratio=1.0) as service:
        assert isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider)
        assert service.runtime.traces is not None


async def test_without_an_endpoint_nothing_is_made(registry_runtime: Runtime) -> None:
    assert registry_runtime.traces is None


@pytest.fixture
async def registry_runtime(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[Runtime]:
    async with running(SERVICE, service_databases, keys) as service:
        yield service.runtime


@pytest.mark.parametrize(("given", "flags"), [(SAMPLED, "01"), (UNSAMPLED, "00")])
async def test_the_next_hop_hears_whether_the_trace_is_sampled(
    keys: KeyRing, collector: Collector, given: str, flags: str
) -> None:
    """With spans of our own the next hop hangs below them, without them it hears the decision at least."""
    heard: list[str] = []

    def peer(request: httpx.Request) -> httpx.Response:
        heard.append(request.headers["traceparent"])
        return httpx.Response(200, json={})

    traces = Traces("registry", collector.endpoint, 0.0)
    for own in (traces, None):
        transport = httpx.MockTransport(peer)
        other = Peer("projects", "http://projects", keys.signer("registry"), transport, own)

        async def app(scope: Scope, receive: Receive, send: Send, other: Peer = other) -> None:
            await other.get_json("/", {})
            heard.append(traceparent())

        await _request(Tracing(app, "registry", RequestMetrics(), own), given)
        await other.close()
    traces.close()
    assert [line.split("-")[1::2] for line in heard] == [[TRACE, flags]] * 4
    calls = collector.named("GET projects")
    if flags == "01":
        (call,), (request,) = calls, collector.named("GET unmatched")
        assert heard[0].split("-")[2] == call.span_id.hex()
        assert heard[1].split("-")[2] == call.parent_span_id.hex() == request.span_id.hex()
    else:
        assert calls == []
    assert current_span() is None


async def _request(app: Any, given: str) -> None:
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"traceparent", given.encode())]}

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(_message: Any) -> None:
        return None

    await app(scope, receive, send)
