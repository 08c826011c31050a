"""A registry with divisions, and one that has the probe's routes besides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.registry.builders import DIVISIONS
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing.make(tmp_path / "keys")


@pytest.fixture
async def probe(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    """The registry's routes and the probe's, with the divisions of `tests.registry.builders`."""
    async with running(PROBE, service_databases, keys) as service:
        await import_divisions(service)
        yield service


@pytest.fixture(scope="module")
async def shared_probe(
    service_databases: ServiceDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """As `probe`, one for all tests of a module, which ask nothing of what is stored."""
    keys = KeyRing.make(tmp_path_factory.mktemp("shared") / "keys")
    async with running(PROBE, service_databases, keys) as service:
        await import_divisions(service)
        yield service


async def import_divisions(service: RunningService) -> None:
    async with service.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/divisions/imports?commit=true",
            content=csv_text(DIVISIONS),
            headers={"content-type": "text/csv"},
        )
    assert answer.status_code == 200, answer.text
