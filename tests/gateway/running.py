"""A gateway under test: real database, real keys, and whatever stands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from fastapi import FastAPI

from chassis.identity.tokens import Verifier
from chassis.runtime import Runtime
from services.gateway.app import create_app
from services.gateway.proxy.front import Front
from services.gateway.settings import GatewaySettings
from services.gateway.state import Gateway
from services.gateway.tokens import access_tokens
from tests.gateway.upstreams import closed_address
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, empty

ADMIN_PASSWORD = "first-start-password"
DEMO_SECRET = "first-start-client-secret"
NOWHERE = {"everywhere": False, "divisions": [], "zones": []}


@dataclass
class RunningGateway:
    """`client(token)` speaks to the front."""

    front: Front
    keys: KeyRing

    @property
    def app(self) -> FastAPI:
        return self.front.app

    @property
    def state(self) -> Gateway:
        return self.front.gateway

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(self.front, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers)

    async def token(self, **credentials: str) -> str:
        """An access token, asked for as a client does."""
        async with self.client() as client:
            answer = await client.post("/api/v1/tokens", json=credentials)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    async def admin_token(self) -> str:
        return await self.token(grant_type="password", username="admin", password=ADMIN_PASSWORD)

    async def demo_token(self) -> str:
        return await self.token(grant_type="client_credentials", client_id="demo", client_secret=DEMO_SECRET)

    async def demo_id(self) -> UUID:
        return access_tokens.AccessTokens(self.runtime.keys).account_id(await self.demo_token())

    def verifier(self, service: str) -> Verifier:
        """How a service reads what the gateway attaches."""
        return Verifier(service, self.runtime.keys, {})


@asynccontextmanager
async def running_gateway(
    databases: ServiceDatabases, folder: Path, *, urls: dict[str, str] | None = None, **own: Any
) -> AsyncIterator[RunningGateway]:
    """The gateway after its first start on an empty schema; services without a url are down."""
    await empty(databases, "gateway")
    keys = KeyRing.make(folder / "keys")
    front = create_app(gateway_settings(databases, keys, urls), first_start(folder, **own))
    async with front.app.router.lifespan_context(front.app):
        yield RunningGateway(front, keys)


def gateway_settings(databases: ServiceDatabases, keys: KeyRing, urls: dict[str, str] | None = None) -> Any:
    settings = keys.settings("gateway", databases.url("gateway"))
    for service in ("registry", "projects", "evaluation"):
        setattr(settings.shared, f"{service}_url", (urls or {}).get(service) or closed_address())
    return settings


def first_start(folder: Path, **own: Any) -> GatewaySettings:
    """Settings with the secrets of a first start in files."""
    admin, demo = folder / "admin_password", folder / "demo_secret"
    admin.write_text(ADMIN_PASSWORD + "\n")
    demo.write_text(DEMO_SECRET + "\n")
    return GatewaySettings(admin_password_file=admin, demo_secret_file=demo, **own)


def person(username: str, *roles: str, **changes: Any) -> dict[str, Any]:
    """The body of POST /accounts for a person."""
    return {
        "kind": "person",
        "username": username,
        "name": "测试人员",
        "roles": list(roles) or ["expert"],
        "view": NOWHERE,
        "write": NOWHERE,
    } | changes


def machine(client_id: str, *roles: str, **changes: Any) -> dict[str, Any]:
    """The body of POST /accounts for a machine client."""
    body = person("", *(roles or ("provincial_system",)), **changes)
    del body["username"]
    return body | {"kind": "machine", "client_id": client_id}
