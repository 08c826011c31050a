"""The contract names the headers that an operation needs, reads and answers with."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.app import create_app
from services.registry.app import SERVICE
from tests.service_app import KeyRing


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    keys = KeyRing.make(tmp_path_factory.mktemp("keys"))
    settings = keys.settings("registry", "postgresql://nobody@127.0.0.1:1/none")
    found: dict[str, Any] = create_app(SERVICE, settings).openapi()["paths"]
    return found


def headers(operation: dict[str, Any]) -> dict[str, bool]:
    """Name → whether it must be sent."""
    return {
        item["name"]: item["required"] for item in operation.get("parameters", ()) if item["in"] == "header"
    }


@pytest.mark.parametrize(
    ("path", "method", "expected"),
    [
        ("/zones", "get", {}),
        ("/zones", "post", {"Idempotency-Key": False}),
        ("/zones/{ref}", "get", {"If-None-Match": False}),
        ("/zones/{ref}", "patch", {"If-Match": True}),
        ("/zones/{ref}", "delete", {"If-Match": True}),
        ("/zones/{ref}/transitions", "post", {"If-Match": True, "Idempotency-Key": False}),
        ("/zones/{ref}/documents", "post", {"Content-Disposition": True, "Idempotency-Key": False}),
        ("/vocabularies/{name}/terms/{code}", "put", {"If-Match": True}),
    ],
)
def test_headers_of_a_request(
    paths: dict[str, Any], path: str, method: str, expected: dict[str, bool]
) -> None:
    assert headers(paths[f"/api/v1{path}"][method]) == expected


def test_a_single_resource_has_an_etag_and_may_be_not_modified(paths: dict[str, Any]) -> None:
    one, page = paths["/api/v1/zones/{ref}"], paths["/api/v1/zones"]
    assert set(one["get"]["responses"]) == {"200", "304", "default"}
    assert "ETag" in one["get"]["responses"]["200"]["headers"]
    assert "ETag" in page["post"]["responses"]["201"]["headers"]
    assert set(page["get"]["responses"]) == {"200", "default"}


def test_a_change_is_a_merge_patch(paths: dict[str, Any]) -> None:
    content = paths["/api/v1/zones/{ref}"]["patch"]["requestBody"]["content"]
    assert set(content) == {"application/json", "application/merge-patch+json"}
    assert content["application/json"] == content["application/merge-patch+json"]
