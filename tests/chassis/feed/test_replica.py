"""Copies of another service's resources."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM, Database
from chassis.feed.replica import Replicating, resolve
from chassis.ids import Reference
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable
from tests.chassis.answers import shared_database
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, Refusing, RunningService, running

pytestmark = pytest.mark.anyio
POSITIONS = itertools.count(1)


@pytest.fixture
async def service(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[RunningService]:
    async with running(PROBE, service_databases, keys) as started:
        yield started


def resource(identity: UUID, version: int, **more: Any) -> dict[str, Any]:
    values = {"id": str(identity), "version": version, "code": f"C-{identity}", "division_path": ["420000"]}
    return values | {"external_ids": [{"system": "most", "value": str(identity)}]} | more


def event(identity: UUID, version: int, *, kind: str = "zone", deleted: bool = False) -> dict[str, Any]:
    data = {"id": str(identity), "version": version, "deleted": deleted}
    data["resource"] = resource(identity, version)
    return {"subject": f"{kind}/{identity}", "sequence": f"{next(POSITIONS):018d}", "data": data}


async def copies(database: Database) -> dict[UUID, tuple[int, bool]]:
    async with database.transaction() as session:
        rows = await session.execute(select(replica), execution_options=AS_SYSTEM)
        return {row.id: (row.version, row.deleted) for row in rows.all()}


async def apply(database: Database, *events: dict[str, Any]) -> None:
    async with database.transaction() as session:
        await Replicating({"zone"})(session, events)


@shared_database
@given(versions=st.lists(st.integers(1, 9), min_size=1, max_size=8))
async def test_a_copy_never_goes_back_to_an_older_version(
    service: RunningService, versions: list[int]
) -> None:
    identity, newest = uuid4(), 0
    for version in versions:
        await apply(service.runtime.database, event(identity, version))
        newest = max(newest, version)
        assert (await copies(service.runtime.database))[identity] == (newest, False)


async def test_a_stretch_may_hold_many_versions_and_kinds(service: RunningService) -> None:
    one, other = uuid4(), uuid4()
    await apply(
        service.runtime.database,
        event(one, 1),
        event(uuid4(), 1, kind="plan"),
        event(one, 2),
        event(other, 1),
        event(one, 3, deleted=True),
    )
    assert await copies(service.runtime.database) == {one: (3, True), other: (1, False)}


async def test_writers_of_the_same_copies_do_not_block_each_other_for_ever(service: RunningService) -> None:
    ids = [uuid4() for _ in range(600)]
    orders = [ids, ids[::-1], sorted(ids), sorted(ids, reverse=True)]
    await asyncio.gather(
        *(
            apply(service.runtime.database, *(event(identity, version) for identity in order))
            for version, order in enumerate(orders, start=1)
        )
    )
    assert set((await copies(service.runtime.database)).values()) == {(4, False)}


class Owner(httpx.AsyncBaseTransport):
    """The owner of zones, which answers those it is asked for by code or external id."""

    def __init__(self, *known: dict[str, Any]) -> None:
        self.known, self.calls = known, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.calls += 1
        asked = request.url.params
        codes, ids = asked.get("code[in]", "").split(","), asked.get("id[in]", "").split(",")
        external = [asked.get("external_id"), *asked.get("external_id[in]", "").split(",")]
        found = [
            item
            for item in self.known
            if item["code"] in codes or item["id"] in ids or f"most:{item['id']}" in external
        ]
        return httpx.Response(200, json={"items": found})


def named(identity: UUID) -> dict[str, Reference]:
    texts = (str(identity), f"code:C-{identity}", f"ext:most:{identity}")
    return {text: Reference.parse(text) for text in texts}


async def test_what_is_not_here_yet_is_asked_of_its_owner_and_kept(service: RunningService) -> None:
    here, there = uuid4(), uuid4()
    await apply(service.runtime.database, event(here, 1))
    owner = Owner(resource(there, 4))
    peer = Peer("registry", "http://registry", service.runtime.signer, owner)
    wanted = named(here) | named(there) | {"code:NONE": Reference(code="NONE")}
    async with service.runtime.database.transaction() as session:
        found = await resolve(session, "zone", wanted, peer, "/api/v1/zones")
    assert {text: row.id for text, row in found.items()} == {
        **dict.fromkeys(named(here), here),
        **dict.fromkeys(named(there), there),
    }
    assert (await copies(service.runtime.database))[there] == (4, False)


async def test_an_owner_that_is_down_matters_only_for_what_is_missing(service: RunningService) -> None:
    here = uuid4()
    await apply(service.runtime.database, event(here, 1))
    down = Peer("registry", "http://registry", service.runtime.signer, Refusing())
    async with service.runtime.database.transaction() as session:
        assert len(await resolve(session, "zone", named(here), down, "/api/v1/zones")) == 3
        with pytest.raises(DependencyUnavailable) as refused:
            await resolve(session, "zone", named(uuid4()), down, "/api/v1/zones")
    assert refused.value.members == {"dependency": "registry"}


async def test_a_deleted_copy_is_not_found_and_an_old_answer_does_not_revive_it(
    service: RunningService,
) -> None:
    gone = uuid4()
    await apply(service.runtime.database, event(gone, 3, deleted=True))
    peer = Peer("registry", "http://registry", service.runtime.signer, Owner(resource(gone, 2)))
    async with service.runtime.database.transaction() as session:
        assert await resolve(session, "zone", named(gone), peer, "/api/v1/zones") == {}
    assert (await copies(service.runtime.database))[gone] == (3, True)


async def test_thousands_of_names_are_a_few_calls(service: RunningService) -> None:
    ids = [uuid4() for _ in range(1_000)]
    owner = Owner(*(resource(identity, 1) for identity in ids))
    runtime = service.runtime
    peer = Peer("registry", "http://registry", runtime.signer, owner)
    names = {f"ext:most:{identity}": Reference(system="most", value=str(identity)) for identity in ids}
    async with runtime.database.transaction() as session:
        found = await resolve(session, "zone", names, peer, "/api/v1/zones")
        again = await resolve(session, "zone", names, peer, "/api/v1/zones")
    assert {text: row.id for text, row in found.items()} == dict(zip(names, ids, strict=True))
    assert (again.keys(), owner.calls <= 8) == (names.keys(), True)
