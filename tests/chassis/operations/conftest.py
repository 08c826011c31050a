"""The labour service, idle or with workers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from chassis.identity.principal import Principal
from tests.chassis.operations.labour import SERVICE, effects
from tests.postgres import CHECKOUT, ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

# heartbeats and polls that a test can wait for; in production 20 s and 5 s
QUICK: dict[str, Any] = {
    "worker_heartbeat_seconds": 1.2,
    "worker_poll_seconds": 0.2,
    "worker_retry_seconds": 0.0,
}


@pytest.fixture
async def idle(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    """The service without a worker: operations stay queued."""
    async with running(SERVICE, service_databases, keys) as service:
        yield service


@pytest.fixture
async def busy(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    """The service with a worker of its own."""
    async with running(SERVICE, service_databases, keys, background=True, **QUICK) as service:
        yield service


@pytest.fixture
def spawn_worker(
    service_databases: ServiceDatabases, keys: KeyRing
) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Starts workers as processes of their own; what is left is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn() -> subprocess.Popen[bytes]:
        environment = {
            "SDZ_KEYS": str(keys.folder / "public"),
            "SDZ_CURSOR_KEY_FILE": str(keys.folder / "cursor_key"),
            "SDZ_LOG_LEVEL": "error",
            "SDZ_REGISTRY_DATABASE_URL": service_databases.url("registry"),
            "SDZ_REGISTRY_SIGNING_KEY_FILE": str(keys.folder / "registry.pem"),
            **{f"SDZ_REGISTRY_{name.upper()}": str(value) for name, value in QUICK.items()},
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "chassis.operations.alone", "tests.chassis.operations.labour"],
            cwd=CHECKOUT,
            env={**os.environ, **environment},
        )
        started.append(process)
        return process

    yield spawn
    for process in started:
        process.kill()
        process.wait()


async def ask(
    service: RunningService, kind: str, principal: Principal | None = None, **task: Any
) -> dict[str, Any]:
    """Start long work; the operation as it was answered."""
    async with service.client(principal or ministry()) as caller:
        answer = await caller.post("/api/v1/labour", json={"kind": f"labour.{kind}", **task})
    assert answer.status_code == 202, answer.text
    operation: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/operations/{operation['id']}"
    return operation


async def read(service: RunningService, operation: dict[str, Any], wait: float = 0) -> dict[str, Any]:
    """The operation as it is, or when it has ended."""
    async with service.client(ministry()) as caller:
        answer = await caller.get(f"/api/v1/operations/{operation['id']}?wait={wait}", timeout=wait + 10)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def until(service: RunningService, operation: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The operation as soon as it has these members."""
    while True:
        found = await read(service, operation)
        if all(found[name] == value for name, value in members.items()):
            return found
        assert found["state"] in {"queued", "running"}, found
        await asyncio.sleep(0.02)


async def effects_of(service: RunningService, operation: dict[str, Any]) -> int:
    async with service.runtime.database.transaction() as session:
        return await effects(session, UUID(operation["id"].partition("-")[2]))
