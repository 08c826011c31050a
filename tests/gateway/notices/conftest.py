"""The gateway's routes on an empty database; nothing runs by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from chassis.identity.principal import Principal
from services.gateway.accounts.models import Account
from services.gateway.accounts.rules import principal_of
from services.gateway.app import SERVICE
from services.gateway.settings import GatewaySettings
from services.gateway.state import Gateway
from services.registry.app import SERVICE as REGISTRY
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, Refusing, RunningService, running


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.make(tmp_path / "keys")


@pytest.fixture
async def registry(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    async with running(REGISTRY, service_databases, keys) as service:
        yield service


@pytest.fixture
async def inbox(
    service_databases: ServiceDatabases, keys: KeyRing, registry: RunningService
) -> AsyncIterator[RunningService]:
    """The gateway behind which there is a registry, and nobody yet who could be told."""
    peers = {"registry": registry.transport, "projects": Refusing()}
    async with running(SERVICE, service_databases, keys, peers=peers) as service:
        service.app.state.gateway = Gateway.make(service.runtime, GatewaySettings())
        yield service


async def as_caller(service: RunningService, account_id: UUID) -> Principal:
    """What a person's token says now."""
    async with service.runtime.database.transaction() as session:
        account = await session.get_one(Account, account_id)
        return principal_of(account)
