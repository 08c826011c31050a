"""The numbered chain: dense, each committed change once, not to be altered by the service itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from chassis.audit.chain import chained, genesis
from chassis.audit.recording import record
from chassis.audit.signing import instant_text
from chassis.audit.tables import audit_head, audit_personal, audit_record
from chassis.database import AS_SYSTEM, Database
from chassis.feed import sequencer
from chassis.feed.outbox import emit
from chassis.feed.sequencer import number_batch
from tests.chassis.audit.trail import records
from tests.chassis.feed.events import change
from tests.chassis.owner import as_owner
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[Database]:
    async with running(PROBE, service_databases, keys, pool_size=12) as service:
        yield service.runtime.database


async def test_each_committed_change_of_many_writers_is_there_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BATCH", 7)
    dice = random.Random(20261124)
    committed: list[UUID] = []
    writing = True

    async def writer(times: int) -> None:
        for _ in range(times):
            subject, fails, turns = uuid4(), dice.random() < 0.2, dice.randrange(6)
            try:
                async with database.transaction() as session:
                    await emit(session, "person:1", [change(subject, 1)])
                    for _ in range(turns):
                        await session.execute(select(1))
                    if fails:
                        raise LookupError
                committed.append(subject)
            except LookupError:
                continue

    async def number() -> None:
        while writing:
            await number_batch(database)

    sequencers = [asyncio.create_task(number()) for _ in range(2)]
    await asyncio.gather(*(writer(12) for _ in range(8)))
    writing = False
    await asyncio.gather(*sequencers)
    found = await records(database)
    assert [item["number"] for item in found] == list(range(1, len(found) + 1))
    assert 50 < len(committed) < 96
    assert sorted(item["object"]["id"] for item in found) == sorted(map(str, committed))
    await _fits(database)


async def _fits(database: Database) -> None:
    """Each hash is that of the record and of the one before."""
    async with database.transaction() as session:
        statement = select(audit_record).order_by(audit_record.c.number)
        rows = (await session.execute(statement, execution_options=AS_SYSTEM)).all()
    reached = genesis("registry")
    for row in rows:
        content = (instant_text(row.at), row.number, msgspec.json.decode(row.record))
        reached = chained(reached, *content)
        assert row.hash == reached


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET actor = 'x'",
        "DELETE FROM audit_record",
        "TRUNCATE audit_record",
        "INSERT INTO audit_record SELECT number + 1, at, hash, record, gen_random_uuid(), occurred_at, actor,"
        " action, object_kind, object_id, trace_id, division_path, zone_id FROM audit_record",
        "DELETE FROM audit_pending",
        'UPDATE audit_pending SET record = \'{"id":"x"}\'',
        "UPDATE audit_personal SET value = 'x'",
        "UPDATE audit_head SET number = 2",
        "DELETE FROM audit_head",
        "ALTER TABLE audit_record DISABLE TRIGGER ALL",
        "DROP TABLE audit_record",
        "CREATE OR REPLACE FUNCTION number_audit(most integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "ALTER FUNCTION number_audit(integer) SECURITY INVOKER",
    ],
)
async def test_the_service_itself_cannot_rewrite_its_trail(database: Database, statement: str) -> None:
    async with database.transaction() as session:
        record(session, "test")
    before = await records(database)
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    assert await records(database) == before


async def test_temporary_tables_do_not_lead_the_numbering_astray(database: Database) -> None:
    async with database.transaction() as session:
        settings = text(
            "SELECT proconfig, prosecdef FROM pg_proc WHERE proname = 'number_audit'"
            " AND pronamespace = current_schema()::regnamespace"
        )
        found = (await session.execute(settings)).one()
    # temporary tables of these names are looked at last, and so never
    assert (found.proconfig, found.prosecdef) == (["search_path=registry, pg_temp"], True)


async def test_one_numbers_at_a_time_whoever_calls(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(text("INSERT INTO audit_pending (record) VALUES (:it)"), {"it": _RECORD})
    async with database.transaction() as session:
        assert await session.scalar(select(func.number_audit(10))) == 1
        async with database.transaction() as other:
            assert await other.scalar(select(func.number_audit(10))) == 0
    assert [item["number"] for item in await records(database)] == [1]


_RECORD = (
    '{"action":"x","actor":"person:1","id":"0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01","object":null,'
    '"occurred_at":"2026-11-24T08:00:00.000000Z","place":{"division_path":[],"zone_id":null},"trace_id":"0"}'
)


@pytest.mark.parametrize("rubbish", ["", "x", "[]", "{}", '{"id":null}', '{"id":1}'])
async def test_what_is_no_record_cannot_wait_for_a_number(database: Database, rubbish: str) -> None:
    with pytest.raises(DBAPIError):
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO audit_pending (record) VALUES (:it)"), {"it": rubbish})


async def test_stamps_never_run_back(database: Database, service_databases: ServiceDatabases) -> None:
    async with database.transaction() as session:
        record(session, "one")
    await number_batch(database)
    # the clock of the server that led before was an hour ahead
    await as_owner(service_databases, "UPDATE audit_record SET at = at + interval '1 hour'")
    async with database.transaction() as session:
        record(session, "two")
    await number_batch(database)
    async with database.transaction() as session:
        stamps = await session.scalars(
            select(audit_record.c.at).order_by(audit_record.c.number), execution_options=AS_SYSTEM
        )
        first, second = stamps.all()
    assert first == second


async def test_the_tables_hold_what_a_record_says(database: Database) -> None:
    zone = uuid4()
    async with database.transaction() as session:
        told = change(uuid4(), 1, zone_id=zone, division_path=["42", "4201"])
        await emit(session, "person:1", [told])
        record(session, personal={"reason": "因为"}, about="person:1")
    await number_batch(database)
    async with database.transaction() as session:
        row = (await session.execute(select(audit_record), execution_options=AS_SYSTEM)).one()
        held = (await session.execute(select(audit_personal))).one()
        assert await session.scalar(select(func.count()).select_from(audit_head)) == 0
    assert (row.object_kind, row.object_id, row.zone_id) == ("thing", told.subject_id, zone)
    assert (row.division_path, row.actor) == (["42", "4201"], "service:registry")
    assert (held.record_id, held.about, held.value) == (row.record_id, "person:1", "因为")
