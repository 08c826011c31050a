"""`/metrics` in the text format of Prometheus, for whoever holds the operator's secret."""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from chassis.problems import NotFound, Unauthenticated
from chassis.runtime import Runtime
from chassis.telemetry.gauges import gauges

metrics_router = APIRouter(tags=["health"])


class _Told(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


@metrics_router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """404 unless the operator has set a secret, 401 without it."""
    runtime: Runtime = request.app.state.runtime
    _check(request, runtime.settings.shared.metrics_token)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told([*runtime.requests.collect(), *await gauges(runtime)]))
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    return Response(
        generate_latest(registry), media_type=CONTENT_TYPE_LATEST, headers={"cache-control": "no-store"}
    )


def _check(request: Request, secret: str | None) -> None:
    if secret is None:
        raise NotFound()
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), secret.encode()):
        raise Unauthenticated()
