"""Each committed change leaves one record in its own transaction, and nothing else leaves one."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import update

from chassis.app import Service
from chassis.audit.chain import digest
from chassis.audit.guard import UnauditedChange
from chassis.audit.recording import Asked, ask, record
from chassis.database import Database
from chassis.feed.outbox import emit
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Out
from services.registry.app import SERVICE as REGISTRY
from services.registry.divisions.models import Division
from services.registry.zones.models import ZoneExternalId
from tests.chassis.audit.trail import records
from tests.chassis.feed.events import change
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone, zone_row
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running

pytestmark = pytest.mark.anyio
CSV = {"content-type": "text/csv"}


@pytest.fixture
def database(probe: RunningService) -> Database:
    return probe.runtime.database


async def test_a_record_says_who_did_what_when_and_why(probe: RunningService, database: Database) -> None:
    office = ministry(roles=frozenset({"ministry_office"}))
    before = len(await records(database))
    async with probe.client(office) as client:
        made = await client.post("/api/v1/zones", json=zone())
        answer = await client.patch(
            "/api/v1/zones/code:Z-1",
            json={"names": {"zh-Hans": "新名"}},
            headers={
                "if-match": made.headers["etag"],
                "sdz-reason": quote("国函〔2026〕7号"),
                "traceparent": f"00-{'a' * 32}-{'b' * 16}-00",
                "content-type": "application/merge-patch+json",
            },
        )
        assert answer.status_code == 200, answer.text
        await probe.number_events()
        shown = (await client.get("/api/v1/audit?limit=1")).json()["items"][0]
    first, second = (await records(database))[before:]
    assert (first["action"], first["change"], first["before"]) == ("create_zone", "created", None)
    assert {name: second[name] for name in ("action", "actor", "roles", "change", "trace_id", "object")} == {
        "action": "change_zone",
        "actor": "person:ministry",
        "roles": ["ministry_office"],
        "change": "updated",
        "trace_id": "a" * 32,
        "object": {"id": made.json()["id"], "kind": "zone", "version": 2},
    }
    assert second["before"] == first["after"] != second["after"]
    assert second["place"] == {
        "division_path": ["420000", "420100", "420102"],
        "zone_id": made.json()["id"],
    }
    assert "国函" not in str(second)
    assert shown["personal"]["reason"]["value"] == "国函〔2026〕7号"


async def test_the_state_after_is_the_resource_that_the_feed_tells(
    probe: RunningService, database: Database
) -> None:
    async with probe.client(ministry()) as client:
        await client.post("/api/v1/zones", json=zone(point={"longitude": "114.30", "latitude": "30.6"}))
        await probe.number_events()
        told = (await client.get("/api/v1/changes?types=zone")).json()["items"][-1]["data"]["resource"]
    assert (await records(database))[-1]["after"] == digest(told)


async def test_a_batch_is_one_record_with_counts_and_a_digest(
    probe: RunningService, database: Database
) -> None:
    before = len(await records(database))
    rows = csv_text([zone_row("Z-1"), zone_row("Z-2", "430181"), zone_row("Z-3", "430181")])
    async with probe.client(ministry()) as client:
        answer = await client.post("/api/v1/zones/imports?commit=true", content=rows, headers=CSV)
        assert answer.status_code == 200, answer.text
        again = await client.post("/api/v1/zones/imports?commit=true", content=rows, headers=CSV)
        assert again.json()["counts"]["unchanged"] == 3
    (one,) = (await records(database))[before:]
    assert (one["action"], one["object"]) == ("import_zones", None)
    assert (one["changes"]["count"], one["changes"]["kinds"]) == (3, {"zone.created": 3})
    assert len(one["changes"]["digest"]) == 64
    assert one["place"] == {"division_path": [], "zone_id": None}


async def test_what_is_not_kept_leaves_no_record(probe: RunningService, database: Database) -> None:
    before = len(await records(database))
    async with probe.client(ministry()) as client:
        preview = await client.post("/api/v1/zones/imports", content=csv_text([zone_row("Z-1")]), headers=CSV)
        assert preview.json()["counts"]["created"] == 1
        refused = await client.post("/api/v1/probe/notes", json={"text": "x", "refuse": True})
        assert refused.status_code == 422
    assert len(await records(database)) == before


async def test_a_repeated_request_leaves_one_record(probe: RunningService, database: Database) -> None:
    before = len(await records(database))
    async with probe.client(ministry()) as client:
        for _ in range(2):
            await client.post("/api/v1/probe/notes", json={"text": "x"}, headers={"idempotency-key": "one"})
    assert len(await records(database)) == before + 1


@pytest.mark.parametrize("reason", ["%ff", "%00", "a" * 1001, "新"])
async def test_a_reason_that_is_no_text_is_refused(probe: RunningService, reason: str) -> None:
    async with probe.client(ministry()) as client:
        answer = await client.post(
            "/api/v1/probe/notes", json={"text": "x"}, headers={b"sdz-reason": reason.encode()}
        )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["header"] == "SDZ-Reason"


async def test_what_nobody_asked_for_is_the_services_own_doing(database: Database) -> None:
    async with database.transaction() as session:
        await emit(session, "person:elsewhere", [change(uuid4(), 1)])
    own = (await records(database))[-1]
    assert (own["actor"], own["on_behalf_of"]) == ("service:registry", "person:elsewhere")
    assert (own["action"], own["roles"]) == ("background", [])


async def test_a_savepoint_that_is_undone_takes_its_notes_along(database: Database) -> None:
    before = len(await records(database))
    kept, undone = uuid4(), uuid4()
    async with database.transaction() as session:
        async with session.begin_nested():
            await emit(session, "person:1", [change(kept, 1)])
        with pytest.raises(LookupError):
            async with session.begin_nested():
                await emit(session, "person:1", [change(undone, 1)])
                async with session.begin_nested():
                    record(session, details={"undone": True})
                raise LookupError
    (one,) = (await records(database))[before:]
    assert (one["object"]["id"], one["changes"], one["details"]) == (str(kept), None, {})


async def test_what_was_written_in_a_savepoint_that_is_undone_needs_no_record(database: Database) -> None:
    async with database.transaction() as session:
        ask(session, Asked("person:1", (), "preview"))
        with pytest.raises(LookupError):
            async with session.begin_nested():
                await session.execute(update(ZoneExternalId).values(value="x"))
                raise LookupError
    with pytest.raises(UnauditedChange, match="keep writes to zone_external_id"):
        async with database.transaction() as session:
            ask(session, Asked("person:1", (), "keep"))
            async with session.begin_nested():
                await session.execute(update(ZoneExternalId).values(value="x"))


forgetful = ResourceRouter("forgetful")
Caller = Annotated[Principal, require("zone.write")]


@forgetful.post("/forgetful/statement", operation_id="forget_statement", summary="Change and tell nobody")
async def forget_statement(_caller: Caller, session: Transaction) -> Out:
    await session.execute(update(ZoneExternalId).values(value="x"))
    return Out()


@forgetful.post("/forgetful/row", operation_id="forget_row", summary="Add and tell nobody")
async def forget_row(_caller: Caller, session: Transaction) -> Out:
    session.add(
        Division(
            system="gbt2260",
            code="110000",
            name="北京市",
            level="province",
            path=["110000"],
            first_edition="198012",
            source="S-GBT2260",
            created_by="x",
            updated_by="x",
        )
    )
    return Out()


@pytest.mark.parametrize("path", ["statement", "row"])
async def test_a_route_that_changes_something_and_records_nothing_fails(
    service_databases: ServiceDatabases, keys: KeyRing, path: str
) -> None:
    declared = Service(
        name="registry", title="Forgetful", description="", routers=[forgetful, *REGISTRY.routers]
    )
    async with running(declared, service_databases, keys) as service:
        async with service.client(ministry()) as client:
            answer = await client.post(f"/api/v1/forgetful/{path}")
            assert answer.json()["code"] == "internal_error"
            assert (await client.get("/api/v1/divisions?code=110000")).json()["items"] == []


async def test_what_an_import_touches_does_not_wait_in_memory_for_the_commit(database: Database) -> None:
    class Resource(dict[str, object]):
        """One that can be looked after."""

    before = len(await records(database))
    held: weakref.ReferenceType[Resource]
    async with database.transaction() as session:
        told = replace(change(uuid4(), 1), resource=(resource := Resource(version=1)))
        held, expected = weakref.ref(resource), digest(resource)
        await emit(session, "person:x", [told])
        del told, resource
        gc.collect()
        assert held() is None
    assert (await records(database))[before]["after"] == expected
