"""What must hold for each service: who may call what, and a contract that shows how."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from chassis.app import Service
from sdz.services import SERVICES
from services.gateway.settings import GatewaySettings
from services.gateway.state import Gateway
from tests.access_matrix import check_access
from tests.openapi_examples import check_examples
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, Refusing, RunningService, ministry, running

pytestmark = pytest.mark.anyio
# What needs no permission, by service: how one comes by a token, who one is, whether the platform is there.
PUBLIC = {"gateway": {"POST /api/v1/tokens", "GET /api/v1/me", "GET /api/v1/status"}}


def declared(name: str) -> Service:
    service = importlib.import_module(f"services.{name}.app").SERVICE
    assert isinstance(service, Service)
    return service


@asynccontextmanager
async def alone(name: str, databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    """The service on its own port, with all others down."""
    service = declared(name)
    down = {peer: Refusing() for peer in (*service.follows, *service.calls)}
    async with running(service, databases, keys, peers=dict(down)) as started:
        if name == "gateway":
            started.app.state.gateway = Gateway.make(started.runtime, GatewaySettings())
        yield started


@pytest.mark.parametrize("name", SERVICES)
async def test_every_operation_asks_for_its_permission(
    service_databases: ServiceDatabases, keys: KeyRing, name: str
) -> None:
    async with alone(name, service_databases, keys) as service:
        public = await check_access(service)
    assert {f"{operation.method} {operation.template}" for operation in public} == PUBLIC.get(name, set())


@pytest.mark.parametrize("name", SERVICES)
async def test_every_operation_shows_examples_that_its_models_accept(
    service_databases: ServiceDatabases, keys: KeyRing, name: str
) -> None:
    async with alone(name, service_databases, keys) as service:
        assert check_examples(declared(name), service.app) > 0


@pytest.mark.parametrize("name", SERVICES)
async def test_a_token_for_one_service_is_refused_by_the_others(
    service_databases: ServiceDatabases, keys: KeyRing, name: str
) -> None:
    async with alone(name, service_databases, keys) as service:
        for other in set(SERVICES) - {name}:
            token = keys.signer("gateway").sign_for(other, ministry())
            async with service.client(token=token) as client:
                assert (await client.get("/api/v1/errors")).status_code == 401
        async with service.client(ministry(permissions=frozenset({"reference.read"}))) as client:
            assert (await client.get("/api/v1/errors")).status_code == 200
