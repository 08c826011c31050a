"""The evaluation service beside a registry with two provinces, both on an empty database."""

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
from services.evaluation.app import SERVICE
from services.registry.app import SERVICE as REGISTRY
from tests.evaluation.builders import ROWS, SOURCE, ZONES, cycle, framework
from tests.postgres import ServiceDatabases
from tests.registry.builders import DIVISIONS
from tests.service_app import KeyRing, Refusing, RunningService, csv_text, ministry, running

SHEET = {"content-type": "text/csv"}


@dataclass
class TwoServices:
    """Evaluation and the registry that it follows; nothing runs by itself."""

    evaluation: RunningService
    registry: RunningService

    def client(self, principal: Principal | None = None) -> httpx.AsyncClient:
        return self.evaluation.client(principal or ministry())

    async def follow(self) -> int:
        """Bring what the registry has told into the replica; the number of events applied."""
        await self.registry.number_events()
        runtime = self.evaluation.runtime
        apply, peer = SERVICE.follows["registry"], runtime.peers["registry"]
        total = 0
        while applied := await follow_once(runtime.database, peer, "registry", apply):
            total += applied
        return total

    async def change_zone(self, code: str, **patch: Any) -> None:
        """In the registry, and followed."""
        path = f"/api/v1/zones/code:{code}"
        async with self.registry.client(ministry()) as office:
            etag = (await office.get(path)).headers["etag"]
            answer = await office.patch(path, json=patch, headers={"if-match": etag})
            assert answer.status_code == 200, answer.text
        await self.follow()

    async def events(self, kinds: str, reader: Principal | None = None) -> list[Any]:
        """Numbered events of these kinds that `reader` sees."""
        await self.evaluation.number_events()
        async with self.client(reader) as caller:
            answer = await caller.get(f"/api/v1/changes?types={kinds}")
        items: list[Any] = answer.json()["items"]
        return items

    def lose_registry(self) -> None:
        runtime = self.evaluation.runtime
        runtime.peers["registry"] = Peer("registry", "http://registry", runtime.signer, Refusing())  # type: ignore[index]  # a dict


async def send_sheet(
    caller: httpx.AsyncClient, collection: str, rows: list[dict[str, Any]], *, commit: bool = True
) -> httpx.Response:
    url = f"/api/v1/{collection}/imports?commit={str(commit).lower()}"
    return await caller.post(url, content=csv_text(rows), headers=SHEET)


async def send(caller: httpx.AsyncClient, collection: str, body: dict[str, Any]) -> httpx.Response:
    answer = await caller.post(f"/api/v1/{collection}", json=body)
    assert answer.status_code == 201, answer.text
    return answer


@pytest.fixture
async def services(service_databases: ServiceDatabases, tmp_path: Path) -> AsyncIterator[TwoServices]:
    """With the zones of `builders.ZONES` in the registry and in the replica."""
    keys = KeyRing.make(tmp_path / "keys")
    async with (
        running(REGISTRY, service_databases, keys) as registry,
        running(SERVICE, service_databases, keys, peers={"registry": registry.transport}) as evaluation,
    ):
        async with registry.client(ministry()) as office:
            assert (await send_sheet(office, "divisions", DIVISIONS)).status_code == 200
            for body in ZONES:
                await send(office, "zones", body)
        found = TwoServices(evaluation, registry)
        await found.follow()
        yield found


@pytest.fixture
async def prepared(services: TwoServices) -> TwoServices:
    """With a source, the framework and the cycle of `builders`."""
    async with services.client() as office:
        assert (await send_sheet(office, "sources", [SOURCE])).status_code == 200
        await send(office, "frameworks", framework())
        await send(office, "cycles", cycle())
    return services


@pytest.fixture
async def observed(prepared: TwoServices) -> TwoServices:
    """With the values of `builders.ROWS` too."""
    async with prepared.client() as office:
        answer = await send_sheet(office, "observations", ROWS)
        assert answer.status_code == 200, answer.text
    return prepared
