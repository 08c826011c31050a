"""The operations of all services as one list."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.operations.representation import OPERATION_EXAMPLE
from tests.gateway.conftest import Whole

pytestmark = pytest.mark.anyio
PATH = "/api/v1/operations"


def answer(service: str, *minutes: int, has_more: bool = False) -> tuple[int, dict[str, Any]]:
    """A service's list, the newest first."""
    items = [
        OPERATION_EXAMPLE | {"id": f"{service}-{minute}", "created_at": f"2026-11-24T08:{minute:02}:00.000Z"}
        for minute in minutes
    ]
    page = {"limit": 50, "next_cursor": None, "has_more": has_more, "total": None, "total_kind": "none"}
    return 200, {"items": items, "page": page}


async def test_the_newest_of_all_services_are_one_list(whole: Whole) -> None:
    whole.registry.answers[PATH] = answer("registry", 50, 20)
    whole.projects.answers[PATH] = answer("projects", 40, has_more=True)
    whole.evaluation.answers[PATH] = (503, {"code": "service_unavailable", "detail": "busy"})
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        found = (await client.get(f"{PATH}?limit=2")).json()
        upwards = (await client.get(f"{PATH}?sort=created_at")).json()
    assert [item["id"] for item in found["items"]] == ["registry-50", "projects-40"]
    assert found["page"] == {
        "limit": 2,
        "next_cursor": None,
        "has_more": True,
        "total": None,
        "total_kind": "none",
    }
    assert [part["dependency"] for part in found["unavailable"]] == ["evaluation"]
    assert found["partial"] is True
    assert [item["id"] for item in upwards["items"]] == ["registry-20", "projects-40", "registry-50"]


async def test_one_service_is_asked_alone(whole: Whole) -> None:
    whole.projects.answers[PATH] = answer("projects", 40)
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        theirs = (await client.get(f"{PATH}?source=projects")).json()
        own = (await client.get(f"{PATH}?source=gateway")).json()
        nobody = await client.get(f"{PATH}?source=nobody")
        paged = await client.get(f"{PATH}?cursor=x")
    assert [item["id"] for item in theirs["items"]] == ["projects-40"]
    assert (own["items"], own["partial"]) == ([], False)
    assert (nobody.status_code, paged.status_code) == (400, 400)
