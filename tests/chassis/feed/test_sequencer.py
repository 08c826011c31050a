"""Positions: dense, in the order of versions, given after the commit, never taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import ProgrammingError

from chassis.base_tables import feed
from chassis.database import AS_SYSTEM, Database
from chassis.feed import sequencer
from chassis.feed.outbox import emit
from chassis.feed.sequencer import number_batch
from tests.chassis.feed.events import change, numbered, waiting, write
from tests.chassis.owner import as_owner
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, running

pytestmark = pytest.mark.anyio


@pytest.fixture
async def database(service_databases: ServiceDatabases, keys: KeyRing) -> AsyncIterator[Database]:
    async with running(PROBE, service_databases, keys) as service:
        yield service.runtime.database


async def test_positions_are_dense_and_follow_the_versions(database: Database) -> None:
    one, other = uuid4(), uuid4()
    await write(database, change(one, 1), change(other, 1))
    await write(database, change(one, 2))
    assert await number_batch(database) == 3
    await write(database, change(one, 3), change(other, 2))
    assert await number_batch(database) == 2
    rows = await numbered(database)
    assert [row.position for row in rows] == [1, 2, 3, 4, 5]
    assert [row.version for row in rows if row.subject_id == one] == [1, 2, 3]
    assert [row.version for row in rows if row.subject_id == other] == [1, 2]
    assert (await waiting(database), await number_batch(database)) == (0, 0)


async def test_what_was_rolled_back_leaves_no_hole(database: Database) -> None:
    await write(database, change(uuid4(), 1))
    with pytest.raises(LookupError):
        async with database.transaction() as session:
            await emit(session, "person:1", [change(uuid4(), 1)])
            raise LookupError
    await write(database, change(uuid4(), 1))
    await number_batch(database)
    assert [row.position for row in await numbered(database)] == [1, 2]


async def test_a_transaction_that_commits_late_comes_after_those_that_readers_have_seen(
    database: Database,
) -> None:
    slow, fast = uuid4(), uuid4()
    async with database.transaction() as session:
        await emit(session, "person:1", [change(slow, 1)])
        await write(database, change(fast, 1))
        assert await number_batch(database) == 1
        assert [row.subject_id for row in await numbered(database)] == [fast]
    assert await number_batch(database) == 1
    assert [row.subject_id for row in await numbered(database)] == [fast, slow]


async def test_a_second_sequencer_does_nothing_while_one_is_at_work(database: Database) -> None:
    await write(database, change(uuid4(), 1))
    async with database.transaction() as session:
        lock = func.hashtextextended(f"sequencer:{database.schema}", 0)
        await session.execute(select(func.pg_advisory_xact_lock(lock)))
        assert await number_batch(database) == 0
    assert await number_batch(database) == 1


async def test_many_sequencers_at_once_number_each_event_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequencer, "BATCH", 7)
    subjects = [uuid4() for _ in range(20)]
    for version in range(1, 6):
        await write(database, *(change(subject, version) for subject in subjects))

    async def work() -> int:
        done = 0
        while await waiting(database):
            done += await number_batch(database)
        return done

    assert sum(await asyncio.gather(*(work() for _ in range(4)))) == 100
    rows = await numbered(database)
    assert [row.position for row in rows] == list(range(1, 101))
    assert len({row.event_id for row in rows}) == 100
    for subject in subjects:
        assert [row.version for row in rows if row.subject_id == subject] == [1, 2, 3, 4, 5]


async def test_a_batch_has_one_stamp_and_stamps_never_run_back(
    database: Database, service_databases: ServiceDatabases
) -> None:
    await write(database, *(change(uuid4(), 1) for _ in range(500)))
    await number_batch(database)
    assert len({row.stamped_at for row in await numbered(database)}) == 1
    # the clock of the server that led before was an hour ahead
    await as_owner(service_databases, "UPDATE feed SET stamped_at = stamped_at + interval '1 hour'")
    await write(database, change(uuid4(), 1), change(uuid4(), 1))
    await number_batch(database)
    stamps = [row.stamped_at for row in await numbered(database)]
    assert stamps == sorted(stamps)
    assert len(set(stamps)) == 1


async def test_the_service_itself_cannot_rewrite_what_was_told(database: Database) -> None:
    await write(database, change(uuid4(), 1))
    await number_batch(database)
    for statement in (update(feed).values(version=9), delete(feed), text("TRUNCATE feed")):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with database.transaction() as session:
                await session.execute(statement, execution_options=AS_SYSTEM)
    assert [row.version for row in await numbered(database)] == [1]
