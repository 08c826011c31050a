"""`/metrics`: who may read it, and that it counts what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chassis.telemetry.requests import RequestMetrics
from services.registry.app import SERVICE
from tests.chassis.conftest import import_divisions
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone
from tests.service_app import KeyRing, RunningService, ministry, running

pytestmark = pytest.mark.anyio
SECRET = "a secret of the operator"


@pytest.fixture
async def measured(
    service_databases: ServiceDatabases, keys: KeyRing, tmp_path: Path
) -> AsyncIterator[RunningService]:
    file = tmp_path / "metrics_token"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    async with running(SERVICE, service_databases, keys, shared={"metrics_token_file": file}) as service:
        await import_divisions(service)
        yield service


async def scraped(service: RunningService) -> dict[tuple[str, tuple[str, ...]], float]:
    """Every sample by its name and the values of its labels, in the order of their names."""
    async with service.client(token=SECRET) as scraper:
        answer = await scraper.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_only_who_holds_the_secret_reads_it(measured: RunningService) -> None:
    for token, status in ((None, 401), ("wrong", 401), (measured.token(ministry()), 401), (SECRET, 200)):
        async with measured.client(token=token) as scraper:
            assert (await scraper.get("/metrics")).status_code == status


async def test_where_no_secret_is_set_there_is_nothing(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    async with running(SERVICE, service_databases, keys) as service:
        async with service.client(token=SECRET) as scraper:
            assert (await scraper.get("/metrics")).status_code == 404


async def test_requests_are_counted_by_the_template_of_their_route(measured: RunningService) -> None:
    async with measured.client(ministry()) as office:
        made = await office.post("/api/v1/zones", json=zone())
        for path in (
            f"/api/v1/zones/{made.json()['id']}",
            "/api/v1/zones/code:Z-1",
            "/api/v1/zones/code:Z-1?fields=id",
        ):
            assert (await office.get(path)).status_code == 200
        await office.head("/api/v1/zones")
        for path in ("/api/v1/zones/code:none", "/nowhere", "/nowhere/else"):
            assert (await office.get(path)).status_code == 404
    found = await scraped(measured)
    count = "sdz_request_seconds_count"
    assert found[count, ("GET", "/api/v1/zones/{ref}", "200")] == 3
    assert found[count, ("GET", "/api/v1/zones/{ref}", "404")] == 1
    assert found[count, ("HEAD", "/api/v1/zones", "200")] == 1
    assert found[count, ("POST", "/api/v1/zones", "201")] == 1
    assert found[count, ("GET", "unmatched", "404")] == 2
    assert found["sdz_request_seconds_bucket", ("+Inf", "GET", "/api/v1/zones/{ref}", "200")] == 3
    assert found["sdz_requests_in_flight", ()] == 1  # the scrape itself


async def test_the_feed_and_the_pools_are_told(measured: RunningService) -> None:
    async with measured.client(ministry()) as office:
        assert (await office.post("/api/v1/zones", json=zone())).status_code == 201
    before = await scraped(measured)
    await measured.number_events()
    after = await scraped(measured)
    waiting, position = ("sdz_outbox_events", ()), ("sdz_feed_position", ())
    assert before[waiting] > 0
    assert (after[waiting], after[position]) == (0, before[waiting])
    assert after["sdz_outbox_oldest_seconds", ()] == 0
    assert after["sdz_database_up", ()] == 1
    assert (after["sdz_operations", ("queued",)], after["sdz_operations", ("running",)]) == (0, 0)
    assert after["sdz_connections_most", ("engine",)] == 10
    assert after["sdz_connections_in_use", ("reads",)] == 0
    assert after["sdz_connection_waits_total", ()] > before["sdz_connection_waits_total", ()]


async def test_a_database_that_is_away_is_told_and_hides_nothing_else(
    measured: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError("refused")

    engine = measured.runtime.database.engine
    await engine.dispose()
    monkeypatch.setattr(engine.dialect, "connect", refuse)
    found = await scraped(measured)
    assert found["sdz_database_up", ()] == 0
    assert found["sdz_connections_most", ("engine",)] == 10


def test_durations_fall_into_their_buckets() -> None:
    requests = RequestMetrics()
    for seconds in (0.0005, 0.001, 0.3, 99.0):
        requests.begin()
        requests.end("GET", "/x", 200, seconds)
    requests.begin()
    requests.end("BREW", "/x", 418, 0.2)
    durations, _ = requests.collect()
    samples = {tuple(item.labels.values()): item.value for item in durations.samples if "bucket" in item.name}
    assert [samples["GET", "/x", "200", bound] for bound in ("0.001", "0.25", "0.5", "30.0", "+Inf")] == [
        2,
        2,
        3,
        3,
        4,
    ]
    assert samples["other", "/x", "418", "+Inf"] == 1
    assert requests.in_flight == 0
