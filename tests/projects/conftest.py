"""The projects service beside a registry with two provinces, both on an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from chassis.feed.consumer import follow_once
from chassis.identity.principal import Principal
from chassis.peers import Peer
from services.projects.app import SERVICE
from services.registry.app import SERVICE as REGISTRY
from tests.postgres import ServiceDatabases
from tests.projects.builders import ZONES
from tests.registry.builders import DIVISIONS
from tests.service_app import KeyRing, Refusing, RunningService, csv_text, ministry, running

SHEET = {"content-type": "text/csv"}


@dataclass
class TwoServices:
    """Projects and the registry that it follows; nothing runs by itself."""

    projects: RunningService
    registry: RunningService

    def client(self, principal: Principal) -> httpx.AsyncClient:
        return self.projects.client(principal)

    async def follow(self) -> int:
        """Bring what the registry has told into the replica; the number of events applied."""
        await self.registry.number_events()
        runtime = self.projects.runtime
        apply = SERVICE.follows["registry"]
        return await follow_once(runtime.database, runtime.peers["registry"], "registry", apply)

    async def change_zone(self, code: str, **patch: Any) -> None:
        """In the registry only, until it is followed."""
        async with self.registry.client(ministry()) as office:
            etag = (await office.get(f"/api/v1/zones/code:{code}")).headers["etag"]
            path = f"/api/v1/zones/code:{code}"
            answer = await office.patch(path, json=patch, headers={"if-match": etag})
            assert answer.status_code == 200, answer.text

    async def events(self, kinds: str, reader: Principal | None = None, after: str = "0") -> list[Any]:
        """Numbered events of these kinds that `reader` sees in the projects service."""
        await self.projects.number_events()
        async with self.client(reader or ministry()) as caller:
            answer = await caller.get(f"/api/v1/changes?types={kinds}&after={after}")
        items: list[Any] = answer.json()["items"]
        return items

    def lose_registry(self) -> None:
        runtime = self.projects.runtime
        runtime.peers["registry"] = Peer("registry", "http://registry", runtime.signer, Refusing())  # type: ignore[index]  # a dict


@pytest.fixture
async def services(service_databases: ServiceDatabases, tmp_path: Path) -> AsyncIterator[TwoServices]:
    """With the zones of `builders.ZONES` in the registry; the replica is empty still."""
    keys = KeyRing.make(tmp_path / "keys")
    async with (
        running(REGISTRY, service_databases, keys) as registry,
        running(SERVICE, service_databases, keys, peers={"registry": registry.transport}) as projects,
    ):
        async with registry.client(ministry()) as office:
            sheet = csv_text(DIVISIONS)
            answer = await office.post("/api/v1/divisions/imports?commit=true", content=sheet, headers=SHEET)
            assert answer.status_code == 200, answer.text
            for body in ZONES:
                assert (await office.post("/api/v1/zones", json=body)).status_code == 201
        yield TwoServices(projects, registry)
