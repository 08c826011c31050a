"""Transactions that stop at the worst moment."""

from __future__ import annotations

from uuid import uuid4

import pytest

from chassis.feed.sequencer import number_batch
from tests.chassis.feed.events import change, numbered, write
from tests.interleaving import After, Before, stopped
from tests.service_app import RunningService

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("stage", ["inserted", "committing"])
async def test_what_is_inserted_and_not_committed_gets_no_number_and_loses_nothing(
    probe: RunningService, stage: str
) -> None:
    database, slow, fast = probe.runtime.database, uuid4(), uuid4()
    await probe.number_events()
    before = len(await numbered(database))
    point = After(database, "INSERT INTO outbox") if stage == "inserted" else Before(database, "COMMIT")
    async with stopped(write(database, change(slow, 1)), point):
        await write(database, change(fast, 1))
        assert await number_batch(database) == 1
    assert await number_batch(database) == 1
    assert [row.subject_id for row in await numbered(database)][before:] == [fast, slow]


async def test_a_writer_that_dies_before_its_commit_tells_nothing(probe: RunningService) -> None:
    database = probe.runtime.database
    await probe.number_events()
    async with stopped(write(database, change(uuid4(), 1)), Before(database, "COMMIT")) as writer:
        await writer.kill()
    assert await number_batch(database) == 0


async def test_a_sequencer_that_dies_before_its_commit_leaves_the_numbers_to_the_next(
    probe: RunningService,
) -> None:
    database = probe.runtime.database
    await write(database, change(uuid4(), 1))
    async with stopped(number_batch(database), Before(database, "COMMIT")) as dying:
        assert await number_batch(database) == 0  # it holds the lock
        await dying.kill()
    await probe.number_events()
    rows = await numbered(database)
    assert [row.position for row in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].kind == "thing"


async def test_what_never_comes_to_the_point_is_a_fault_of_the_test(probe: RunningService) -> None:
    with pytest.raises(AssertionError, match="never came"):
        async with stopped(number_batch(probe.runtime.database), Before(probe.runtime.database, "NEVER")):
            pass
