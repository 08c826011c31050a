"""What speaks of the whole: status, contract, documentation."""

from __future__ import annotations

import re
from typing import Any

from services.gateway.contract.merge import references
from services.gateway.status.whole import ServiceStatus, overall, summarised
from tests.gateway.conftest import Whole
from tests.gateway.running import RunningGateway

READY = (
    200,
    {"status": "ready", "checks": {"database": {"ok": True}, "migrations": {"ok": True, "at": "2"}}},
)
NOT_READY = (503, {"checks": {"database": {"ok": False, "why": "secret detail"}}})


def test_overall() -> None:
    up, down = ServiceStatus(ready=True, checks={}), ServiceStatus(ready=False, checks={})
    assert overall({"gateway": up, "registry": up}) == "ok"
    assert overall({"gateway": up, "registry": up, "projects": down}) == "degraded"
    assert overall({"gateway": down, "registry": up}) == "degraded"
    assert overall({"gateway": up, "registry": down}) == "down"


def test_summaries_keep_reasons_to_themselves() -> None:
    assert summarised(*NOT_READY) == ServiceStatus(ready=False, checks={"database": False})
    assert summarised(200, None) == ServiceStatus(ready=True, checks={})
    assert summarised(200, {"checks": {"a": "yes"}}).checks == {"a": False}


async def test_status_of_the_whole(whole: Whole) -> None:
    whole.registry.answers["/readyz"] = READY
    whole.projects.answers["/readyz"] = READY
    whole.evaluation.answers["/readyz"] = NOT_READY
    async with whole.gateway.client() as client:
        status = await client.get("/api/v1/status")
        again = await client.get("/api/v1/status")
    assert status.status_code == 200
    assert status.json()["status"] == "degraded"
    services = status.json()["services"]
    assert set(services) == {"gateway", "registry", "projects", "evaluation"}
    assert services["registry"] == {"ready": True, "checks": {"database": True, "migrations": True}}
    assert services["gateway"]["ready"] is True
    assert "secret detail" not in status.text
    assert again.json() == status.json()
    assert len(whole.registry.seen) == 1  # everyone may ask, but not everyone costs


async def test_status_with_everything_down_is_still_an_answer(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        status = await client.get("/api/v1/status")
        ready = await client.get("/readyz")
    assert (status.status_code, status.json()["status"]) == (200, "down")
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")


def zones_document() -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Zone"}
    operation = {
        "operationId": "list_zones",
        "responses": {"200": {"content": {"application/json": {"schema": schema}}}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "registry", "version": "1"},
        "paths": {"/api/v1/zones": {"get": operation}, "/livez": {"get": operation}},
        "components": {"schemas": {"Zone": {"type": "object", "minimum": 0.5}, "RoleOut": {"type": "null"}}},
    }


async def test_one_contract(whole: Whole) -> None:
    whole.registry.answers["/openapi.json"] = (200, zones_document())
    whole.projects.answers["/openapi.json"] = (500, b"")
    async with whole.gateway.client() as client:
        answer = await client.get("/openapi.json")
        await client.get("/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    assert document["info"]["x-missing"] == ["projects"]
    assert {"/api/v1/zones", "/api/v1/accounts", "/api/v1/tokens", "/api/v1/errors", "/livez"} <= set(
        document["paths"]
    )
    schemas = document["components"]["schemas"]
    assert schemas["Zone"] == {"type": "object", "minimum": 0.5}
    assert {"GatewayRoleOut", "RegistryRoleOut"} <= set(schemas)
    assert all(name in document["components"][kind] for kind, name in references(document))
    assert len(whole.registry.seen) == 1


async def test_the_documentation_needs_no_other_host(gateway: RunningGateway) -> None:
    async with gateway.client() as client:
        for page in ("/docs", "/redoc"):
            html = (await client.get(page)).text
            assert "/openapi.json" in html
            assert not re.search(r"(src|href)=[\"'](https?:)?//", html)
            for asset in re.findall(r"(?:src|href)=[\"'](/[^\"']+\.(?:js|css))", html):
                assert (await client.get(asset)).status_code == 200
        contract = await client.get("/openapi.json")
    assert contract.json()["info"]["x-missing"] == ["evaluation", "projects", "registry"]
    assert contract.headers["cache-control"] == "no-store"
