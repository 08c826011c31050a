"""Golden signals of requests, counted as cheaply as a dictionary allows, and told when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
UNMATCHED = "unmatched"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass
class _Seconds:
    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0


class RequestMetrics:
    """Durations by method, route template and status; `collect` is what prometheus-client asks for."""

    def __init__(self) -> None:
        self.in_flight = 0
        self._by: dict[tuple[str, str, int], _Seconds] = {}

    def begin(self) -> None:
        self.in_flight += 1

    def end(self, method: str, template: str, status: int, seconds: float) -> None:
        """`template` is that of the route, never a path: its values must be few."""
        self.in_flight -= 1
        key = (method if method in _METHODS else "other", template, status)
        held = self._by.get(key)
        if held is None:
            held = self._by[key] = _Seconds()
        held.counts[bisect_left(BOUNDS, seconds)] += 1
        held.total += seconds

    def collect(self) -> Iterator[Metric]:
        durations = HistogramMetricFamily(
            "sdz_request_seconds", "Time from request to answer", labels=["method", "route", "status"]
        )
        for (method, template, status), held in self._by.items():
            reached, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), held.counts, strict=True):
                reached += count
                buckets.append((bound, reached))
            durations.add_metric([method, template, str(status)], buckets, held.total)
        yield durations
        yield GaugeMetricFamily("sdz_requests_in_flight", "Requests being served", self.in_flight)
