"""`/api/v1/views/zones/{ref}` with fake services behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.gateway.views import routes
from tests.gateway.conftest import Whole
from tests.gateway.running import RunningGateway, running_gateway
from tests.gateway.upstreams import FakeService, served
from tests.postgres import ServiceDatabases

ZONE = {"id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01", "code": "SDZ-0001", "name": "慈溪市"}
PATH = "/api/v1/views/zones/code:SDZ-0001"
PROJECT = {"id": "p", "zone": {"id": ZONE["id"], "name": "慈溪市"}}


def answer(whole: Whole) -> None:
    whole.registry.answers["/api/v1/zones/code:SDZ-0001"] = (200, ZONE)
    whole.projects.answers["/api/v1/projects"] = (200, {"items": [PROJECT], "page": {"total": 9}})
    whole.projects.answers["/api/v1/achievements"] = (200, {"items": [], "page": {"total": 0}})
    whole.evaluation.answers["/api/v1/scores"] = (200, {"items": [{"score": 0.123456789012345678}]})


async def test_everything_in_one_answer(whole: Whole) -> None:
    answer(whole)
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        view = (await client.get(PATH)).json()
    assert view == {
        "zone": ZONE,
        "projects": {"items": [PROJECT], "total": 9},
        "achievements": {"items": [], "total": 0},
        "latest_score": {"score": 0.123456789012345678},
        "partial": False,
        "unavailable": [],
    }
    queries = {seen.raw_path: seen.query for seen in [*whole.projects.seen, *whole.evaluation.seen]}
    assert queries == {
        "/api/v1/projects": "zone=code:SDZ-0001&limit=5&count=exact",
        "/api/v1/achievements": "zone=code:SDZ-0001&limit=5&count=exact",
        "/api/v1/scores": "zone=code:SDZ-0001&sort=-created_at&limit=1",
    }


async def test_services_are_asked_with_the_callers_rights(whole: Whole) -> None:
    answer(whole)
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        await client.get(PATH, headers={"accept-language": "en"})
    for service, fake in (("registry", whole.registry), ("evaluation", whole.evaluation)):
        principal = whole.gateway.verifier(service).principal(fake.seen[0].token)
        assert principal.subject == f"machine:{await whole.gateway.demo_id()}"
        assert fake.seen[0].header("accept-language") == "en"
        assert 0 < int(fake.seen[0].header("sdz-timeout-ms") or 0) <= 5_000


@pytest.mark.parametrize("status", [404, 403])
async def test_the_registrys_no_is_the_answer(whole: Whole, status: int) -> None:
    answer(whole)
    whole.registry.answers["/api/v1/zones/code:SDZ-0001"] = (status, {"code": "x", "detail": "y"})
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        assert (await client.get(PATH)).status_code == status


async def test_what_is_no_reference_is_404_and_not_asked(whole: Whole) -> None:
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        assert (await client.get("/api/v1/views/zones/nothing")).status_code == 404
    assert whole.registry.seen == []


async def test_a_failed_part_makes_it_partial(whole: Whole) -> None:
    answer(whole)
    whole.evaluation.answers["/api/v1/scores"] = (500, b"<html>")
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        view = await client.get(PATH)
    assert view.status_code == 200
    assert view.json()["partial"] is True
    assert view.json()["zone"] == ZONE
    assert [(part["part"], part["dependency"]) for part in view.json()["unavailable"]] == [
        ("latest_score", "evaluation")
    ]


async def test_with_the_registry_down_the_name_is_still_told(
    service_databases: ServiceDatabases, tmp_path: Path
) -> None:
    projects = FakeService()
    projects.answers["/api/v1/projects"] = (200, {"items": [PROJECT], "page": {"total": 1}})
    async with (
        served(projects) as address,
        running_gateway(service_databases, tmp_path, urls={"projects": address}) as gateway,
        gateway.client(await gateway.demo_token()) as client,
    ):
        view = await client.get(PATH)
    assert view.status_code == 200
    assert view.json()["zone"] == PROJECT["zone"]
    assert [part["dependency"] for part in view.json()["unavailable"]] == ["registry", "evaluation"]


async def test_all_down_is_503(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.demo_token()) as client:
        view = await client.get(PATH)
    assert (view.status_code, view.json()["code"]) == (503, "dependency_unavailable")


async def test_a_slow_part_is_left_out_at_the_deadline(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(whole)
    monkeypatch.setattr(routes, "_SECONDS", 0.0)
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        assert (await client.get(PATH)).status_code == 503


async def test_the_view_needs_the_right_to_read_zones(whole: Whole) -> None:
    async with whole.gateway.client() as nobody:
        assert (await nobody.get(PATH)).status_code == 401
