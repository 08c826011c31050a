"""A gateway with nothing behind it, and one with fake services."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.gateway.running import RunningGateway, running_gateway
from tests.gateway.upstreams import FakeService, served
from tests.postgres import ServiceDatabases


@dataclass
class Whole:
    """The gateway and the three services behind it."""

    gateway: RunningGateway
    registry: FakeService
    projects: FakeService
    evaluation: FakeService


@pytest.fixture
async def gateway(service_databases: ServiceDatabases, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    """All services are down."""
    async with running_gateway(service_databases, tmp_path) as running:
        yield running


@pytest.fixture
async def whole(service_databases: ServiceDatabases, tmp_path: Path) -> AsyncIterator[Whole]:
    """All services are up."""
    services = {name: FakeService() for name in ("registry", "projects", "evaluation")}
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(served(fake)) for name, fake in services.items()}
        running = await stack.enter_async_context(running_gateway(service_databases, tmp_path, urls=urls))
        yield Whole(running, **services)
