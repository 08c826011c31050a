"""A registry with a zone in Hubei and one in Hunan."""

from __future__ import annotations

import pytest

from tests.chassis.documents.files import make_zones
from tests.service_app import RunningService


@pytest.fixture
async def zones(probe: RunningService) -> RunningService:
    await make_zones(probe)
    return probe
