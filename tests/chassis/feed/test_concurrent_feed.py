"""Writers that delay, overlap and roll back; readers beside them: nothing lost, doubled or inverted."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from chassis.database import Database
from chassis.feed.outbox import emit
from chassis.feed.sequencer import number_batch
from tests.chassis.feed.events import change, waiting
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

pytestmark = pytest.mark.anyio
WRITERS, READERS, TRANSACTIONS, PAUSE = 16, 3, 40, 0.005


class Ledger:
    """What was committed: the newest version of each object, and how many events in all."""

    def __init__(self) -> None:
        self.versions = {uuid4(): 0 for _ in range(30)}
        self.locks = {subject: asyncio.Lock() for subject in self.versions}  # as the row's lock would be
        self.committed: list[tuple[str, int]] = []


async def _writer(database: Database, ledger: Ledger, dice: random.Random) -> None:
    for _ in range(TRANSACTIONS):
        subjects = sorted(dice.sample(list(ledger.versions), dice.randint(1, 6)))
        for subject in subjects:
            await ledger.locks[subject].acquire()
        try:
            await _transaction(database, ledger, subjects, dice)
        finally:
            for subject in subjects:
                ledger.locks[subject].release()


async def _transaction(database: Database, ledger: Ledger, subjects: list[UUID], dice: random.Random) -> None:
    fails, delay = dice.random() < 0.15, dice.choice([0.0, 0.0, 0.002, 0.02])
    new = {subject: ledger.versions[subject] + 1 for subject in subjects}
    try:
        async with database.transaction() as session:
            await emit(session, "person:1", [change(subject, version) for subject, version in new.items()])
            await session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": delay})
            if fails:
                raise LookupError
    except LookupError:
        return
    ledger.versions.update(new)
    ledger.committed += [(str(subject), version) for subject, version in new.items()]


async def _sequencer(database: Database, done: asyncio.Event) -> None:
    while not done.is_set() or await waiting(database):
        if not await number_batch(database):
            await asyncio.sleep(PAUSE)


async def _reader(
    service: RunningService, sequenced: asyncio.Event, limit: int
) -> list[tuple[str, int, str]]:
    seen: list[tuple[str, int, str]] = []
    after = "0"
    async with service.client(ministry()) as client:
        while True:
            over = sequenced.is_set()
            page = (await client.get(f"/api/v1/changes?after={after}&limit={limit}")).json()
            seen += [(e["data"]["id"], e["data"]["version"], e["sequence"]) for e in page["items"]]
            after = page["next_after"]
            if over and page["up_to_date"]:
                return seen
            await asyncio.sleep(PAUSE)


async def test_every_committed_event_reaches_every_reader_once_and_in_order(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    async with running(PROBE, service_databases, keys, pool_size=30, pool_wait_seconds=20) as service:
        database, ledger = service.runtime.database, Ledger()
        written, sequenced = asyncio.Event(), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            readers = [
                group.create_task(_reader(service, sequenced, limit)) for limit in (7, 100, 1000)[:READERS]
            ]
            sequencers = [group.create_task(_sequencer(database, written)) for _ in range(2)]
            writers = [
                group.create_task(_writer(database, ledger, random.Random(seed))) for seed in range(WRITERS)
            ]
            await asyncio.gather(*writers)
            written.set()
            await asyncio.gather(*sequencers)
            sequenced.set()
    assert len(ledger.committed) > 1_000
    for reader in readers:
        seen = reader.result()
        assert Counter((subject, version) for subject, version, _ in seen) == Counter(ledger.committed)
        assert [int(sequence) for *_, sequence in seen] == list(range(1, len(seen) + 1))
        last: dict[str, int] = {}
        for subject, version, _ in seen:
            assert version == last.get(subject, 0) + 1
            last[subject] = version
