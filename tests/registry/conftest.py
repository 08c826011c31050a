"""A registry on an empty database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.registry.app import SERVICE
from tests.postgres import ServiceDatabases
from tests.registry.builders import DIVISIONS
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running


@pytest.fixture
async def empty_registry(
    service_databases: ServiceDatabases, tmp_path: Path
) -> AsyncIterator[RunningService]:
    """Without any division."""
    async with running(SERVICE, service_databases, KeyRing.make(tmp_path / "keys")) as service:
        yield service


@pytest.fixture
async def registry(empty_registry: RunningService) -> RunningService:
    """With the divisions of `builders.DIVISIONS`."""
    async with empty_registry.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/divisions/imports?commit=true",
            content=csv_text(DIVISIONS),
            headers={"content-type": "text/csv"},
        )
        assert answer.status_code == 200, answer.text
    return empty_registry
