"""One look at the database serves all who wait."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from chassis.feed.watcher import interest
from chassis.identity.principal import EVERYWHERE, Scope
from tests.chassis.feed.events import change, numbered, write
from tests.chassis.feed.test_scope_moves import PLACES, READERS, read
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio


async def test_however_many_wait_one_statement_looks(probe: RunningService) -> None:
    watcher, database = probe.runtime.watcher, probe.runtime.database
    await write(database, change(uuid4(), 1))
    await probe.number_events()
    after, looks = (await numbered(database))[-1].position, list[str]()

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        looks.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", count)
    try:
        waiting = [
            asyncio.create_task(watcher.wait(after, interest(EVERYWHERE, ["thing"]), 20)) for _ in range(200)
        ]
        while not looks:
            await asyncio.sleep(0.01)
        await write(database, change(uuid4(), 1))
        await probe.number_events()
        watcher.told()
        await asyncio.gather(*waiting)
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", count)
    assert len([statement for statement in looks if statement.startswith("SELECT feed.position")]) < 100


async def test_who_has_read_less_is_told_of_what_the_others_have_seen(probe: RunningService) -> None:
    watcher, database = probe.runtime.watcher, probe.runtime.database
    await write(database, change(uuid4(), 1))
    await probe.number_events()
    newest = (await numbered(database))[-1].position
    ahead = asyncio.create_task(watcher.wait(newest, interest(EVERYWHERE, []), 30))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await watcher.wait(newest - 1, interest(EVERYWHERE, []), 30)
    assert not ahead.done()
    ahead.cancel()


async def test_nobody_is_woken_for_what_another_may_see(probe: RunningService) -> None:
    watcher, database = probe.runtime.watcher, probe.runtime.database
    await probe.number_events()
    after = len(await numbered(database))
    hubei = Scope(divisions=frozenset({"420000"}))
    theirs = asyncio.create_task(watcher.wait(after, interest(EVERYWHERE, ["thing"]), 30))
    ours = asyncio.create_task(watcher.wait(after, interest(hubei, ["thing"]), 30))
    await asyncio.sleep(0)
    await write(database, change(uuid4(), 1, division_path=["430000"]))
    await probe.number_events()
    watcher.told()
    await theirs
    assert not ours.done()
    ours.cancel()


async def test_a_waiter_is_interested_in_exactly_what_it_would_be_told(probe: RunningService) -> None:
    database, subject = probe.runtime.database, uuid4()
    start, _ = await read(probe, ministry(), "0", "none")
    for version, place in enumerate([*PLACES, *reversed(PLACES), PLACES[1], PLACES[4]], start=1):
        await write(database, change(subject, version, **place))
    await probe.number_events()
    rows = [row for row in await numbered(database) if row.subject_id == subject]
    for reader in READERS.values():
        _, events = await read(probe, reader, start, "thing")
        told = {int(item["sequence"]) for item in events}
        assert {row.position for row in rows if interest(reader.view, ["thing"])(row)} == told
