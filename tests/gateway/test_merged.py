"""The error catalogue and the vocabularies of the whole."""

from __future__ import annotations

from typing import Any

import pytest

from tests.gateway.conftest import Whole
from tests.gateway.running import RunningGateway


def error(code: str) -> dict[str, Any]:
    words = {"zh-Hans": code, "en": code}
    return {"code": code, "status": 409, "retryable": False, "title": words, "remedy": words}


def vocabulary(name: str) -> dict[str, Any]:
    labels = {"zh-Hans": name, "en": name}
    term = {"code": "x", "label": name, "labels": labels, "retired": False}
    return {"name": name, "title": name, "titles": labels, "version": 3, "extensible": True, "terms": [term]}


@pytest.mark.parametrize(
    ("collection", "key", "made"), [("errors", "code", error), ("vocabularies", "name", vocabulary)]
)
async def test_the_lists_of_all_services_are_one(whole: Whole, collection: str, key: str, made: Any) -> None:
    path = f"/api/v1/{collection}"
    whole.registry.answers[path] = (200, {"items": [made("zz.registry"), made("zz.both")]})
    whole.projects.answers[path] = (200, {"items": [made("zz.both"), made("aa.projects")]})
    whole.evaluation.answers[path] = (503, {"code": "service_unavailable", "detail": "busy"})
    async with whole.gateway.client(await whole.gateway.demo_token()) as client:
        answer = (await client.get(path)).json()
    names = [item[key] for item in answer["items"]]
    assert names == sorted(set(names))
    assert {"zz.registry", "zz.both", "aa.projects"} <= set(names)
    assert len(names) > 3  # its own are there too
    assert next(item for item in answer["items"] if item[key] == "zz.both") == made("zz.both")
    assert answer["partial"] is True
    assert [(part["dependency"], part["code"]) for part in answer["unavailable"]] == [
        ("evaluation", "service_unavailable")
    ]


async def test_its_own_are_listed_while_all_others_are_down(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.demo_token()) as client:
        listed = (await client.get("/api/v1/vocabularies")).json()
        role = (await client.get("/api/v1/vocabularies/accounts.role")).json()
        errors = (await client.get("/api/v1/errors")).json()
    assert role in listed["items"]
    assert "ministry_office" in {term["code"] for term in role["terms"]}
    assert "not_found" in {item["code"] for item in errors["items"]}
    assert len(listed["unavailable"]) == len(errors["unavailable"]) == 3
