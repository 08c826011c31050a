"""A read of a scoped table that forgot its scope is an error, in whatever form it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Select, exists, func, select, union_all
from sqlalchemy.orm import aliased

from chassis.base_tables import feed, outbox, replica
from chassis.database import AS_SYSTEM, UnscopedRead
from services.registry.divisions.models import Division
from services.registry.zones.models import Zone, ZoneExternalId
from services.registry.zones.queries import visible_to
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
Other = aliased(Zone)

UNSCOPED: dict[str, Callable[[], Any]] = {
    "entity": lambda: select(Zone),
    "column": lambda: select(Zone.code),
    "count": lambda: select(func.count()).select_from(Zone),
    "join": lambda: select(Division).join(Zone, Zone.division_id == Division.id),
    "joined the other way": lambda: select(Zone.code).join(Division, Zone.division_id == Division.id),
    "outer join": lambda: select(Division.code, Zone.code).outerjoin(Zone, Zone.division_id == Division.id),
    "comma": lambda: select(Division.code, Zone.code).where(Zone.division_id == Division.id),
    "alias": lambda: select(Other),
    "alias in a join": lambda: select(Division.code).join(Other, Other.division_id == Division.id),
    "subquery": lambda: select(func.count()).select_from(select(Zone.id).subquery()),
    "common table": lambda: select(select(Zone.code).cte("listed").c.code),
    "exists": lambda: select(Division.code).where(exists().where(Zone.division_id == Division.id)),
    "in": lambda: select(ZoneExternalId.value).where(ZoneExternalId.zone_id.in_(select(Zone.id))),
    "scalar subquery": lambda: select(Division.code, select(func.max(Zone.code)).scalar_subquery()),
    "union": lambda: union_all(select(Zone.code), select(Division.code)),
    "locked": lambda: select(Zone).with_for_update(),
    "feed": lambda: select(feed),
    "replica": lambda: select(replica.c.code),
}


@pytest.mark.parametrize("form", UNSCOPED)
async def test_a_read_that_names_no_scope_is_refused(shared_probe: RunningService, form: str) -> None:
    async with shared_probe.runtime.database.transaction() as session:
        with pytest.raises(UnscopedRead):
            await session.execute(UNSCOPED[form]())
        await session.rollback()


@pytest.mark.parametrize("form", UNSCOPED)
async def test_the_same_read_passes_when_it_says_that_it_serves_no_caller(
    shared_probe: RunningService, form: str
) -> None:
    async with shared_probe.runtime.database.transaction() as session:
        await session.execute(UNSCOPED[form](), execution_options=AS_SYSTEM)


async def test_a_row_by_its_id_is_a_read_too(shared_probe: RunningService) -> None:
    async with shared_probe.runtime.database.transaction() as session:
        with pytest.raises(UnscopedRead):
            await session.get(Zone, uuid4())


async def test_what_starts_from_the_callers_rows_passes(shared_probe: RunningService) -> None:
    def statements(mine: Select[Any]) -> list[Select[Any]]:
        return [
            mine,
            mine.join(Division, Zone.division_id == Division.id).where(Division.level == "county"),
            mine.where(Zone.external_ids.any(ZoneExternalId.system == "most")).order_by(Zone.code).limit(1),
        ]

    async with shared_probe.runtime.database.transaction() as session:
        for caller in (ministry(), province("420000")):
            for statement in statements(visible_to(caller)):
                assert (await session.scalars(statement)).unique().all() == []


async def test_tables_that_belong_to_no_place_are_read_freely(shared_probe: RunningService) -> None:
    async with shared_probe.runtime.database.transaction() as session:
        await session.execute(select(Division).limit(1))
        await session.execute(select(outbox).limit(1))
        await session.execute(select(func.now()))
