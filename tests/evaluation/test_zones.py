"""Zones as this service knows them."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.feed.replica import matching
from chassis.ids import Reference
from services.evaluation.references import reference_in_cell
from services.evaluation.zones import ZONE
from tests.evaluation.conftest import TwoServices, send
from tests.registry.builders import zone
from tests.service_app import ministry

pytestmark = pytest.mark.anyio


async def _found(services: TwoServices, references: list[Reference]) -> list[Any]:
    async with services.evaluation.runtime.database.transaction() as session:
        return [row.code for row in await session.execute(matching(ZONE, references))]


async def test_more_zones_can_be_named_than_a_statement_has_parameters(services: TwoServices) -> None:
    many = [Reference(code=f"Z-{number}") for number in range(33_000)]
    assert await _found(services, [*many, Reference(code="HB-1")]) == ["HB-1"]


async def test_a_zone_is_found_by_each_of_its_names(services: TwoServices) -> None:
    async with services.registry.client(ministry()) as office:
        made = await send(office, "zones", zone("HB-9", external_ids=[{"system": "most", "value": "a:b"}]))
    await services.follow()
    for text in ("HB-9", "code:HB-9", "ＨＢ-９", made.json()["id"], "ext:most:a:b"):
        assert await _found(services, [reference_in_cell(text)]) == ["HB-9"]
    assert await _found(services, []) == []
