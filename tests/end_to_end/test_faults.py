"""One service is killed: the others go on, what needs it says so, and nothing is missing afterwards."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from sdz.child import Child
from tests.end_to_end.platform_under_test import Whole, key

_PATIENCE_SECONDS = 30


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about in time"


@contextmanager
def _killed(whole: Whole, service: str) -> Iterator[None]:
    """Kill -9, and start the service again afterwards."""
    child = next(child for child in whole.platform.supervisor.children if child.name == service)
    _kill(child)
    try:
        yield
    finally:
        child.start()
        _until(child.is_ready)


def _kill(child: Child) -> None:
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    _until(lambda: child.exit_status() is not None)


def test_the_view_of_a_zone_is_partial_while_the_registry_is_down(whole: Whole) -> None:
    with whole.ministry() as office:
        before = office.get("/api/v1/views/zones/code:SDZ-0070").json()
        with _killed(whole, "registry"):
            during = office.get("/api/v1/views/zones/code:SDZ-0070")
        after = office.get("/api/v1/views/zones/code:SDZ-0070").json()
    assert before["partial"] is False
    assert before["zone"]["code"] == "SDZ-0070"
    assert before["latest_score"]["rank"] == 1
    assert before["achievements"]["total"] == 4
    assert during.status_code == 200
    assert during.json()["partial"] is True
    assert [part["dependency"] for part in during.json()["unavailable"]] == ["registry"]
    assert during.json()["latest_score"] == before["latest_score"]
    assert after == before


def test_writes_that_need_the_registry_are_refused_with_a_reason_and_others_go_on(whole: Whole) -> None:
    unknown = {"code": "P-UNKNOWN", "title": "试", "zone": "code:SDZ-NOT-YET"}
    known = {"code": f"P-{time.time_ns()}", "title": "试", "zone": "code:SDZ-0070"}
    with whole.ministry() as office, _killed(whole, "registry"):
        zone = office.post("/api/v1/zones", json={}, headers=key())
        needs = office.post("/api/v1/projects", json=unknown, headers=key())
        goes_on = office.post("/api/v1/projects", json=known, headers=key())
    for refused in (zone, needs):
        assert refused.status_code == 503
        assert refused.headers["content-type"] == "application/problem+json"
        assert (refused.json()["code"], refused.json()["dependency"]) == (
            "dependency_unavailable",
            "registry",
        )
        assert int(refused.headers["retry-after"]) >= 1
    assert goes_on.status_code == 201


@pytest.mark.parametrize("service", ["projects", "evaluation"])
def test_a_consumer_that_was_killed_catches_up(whole: Whole, service: str) -> None:
    path = {
        "projects": "/api/v1/projects?zone=code:SDZ-0018",
        "evaluation": "/api/v1/observations?zone=code:SDZ-0018",
    }
    theme = f"theme {time.time_ns()}"
    name = f"盐城 {time.time_ns()}"
    with whole.ministry() as office:
        project = {"code": f"P-{time.time_ns()}", "title": "试", "zone": "code:SDZ-0018"}
        assert office.post("/api/v1/projects", json=project, headers=key()).status_code == 201
        with _killed(whole, service):
            etag = office.get("/api/v1/zones/code:SDZ-0018").headers["etag"]
            changed = office.patch(
                "/api/v1/zones/code:SDZ-0018",
                json={"names": {"zh-Hans": name}, "theme": theme},
                headers={"if-match": etag},
            )
            assert changed.status_code == 200

        def arrived() -> bool:
            items = office.get(path[service], headers={"accept-language": "zh"}).json()["items"]
            return bool(items) and all(item["zone"]["name"] == name for item in items)

        _until(arrived)


def test_the_gateway_says_what_is_down(whole: Whole) -> None:
    with whole.anonymous() as anyone:
        with _killed(whole, "evaluation"):
            _until(lambda: anyone.get("/api/v1/status").json()["status"] == "degraded")
            services = anyone.get("/api/v1/status").json()["services"]
            assert [name for name, state in services.items() if not state["ready"]] == ["evaluation"]
        _until(lambda: bool(anyone.get("/api/v1/status").json()["status"] == "ok"))
