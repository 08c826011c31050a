"""When it is certain what was known at an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from chassis.base_tables import feed
from chassis.database import AS_SYSTEM
from chassis.feed.sequencer import number_batch
from chassis.problems import NotYetKnown, ServiceUnavailable
from chassis.temporal.settling import settle
from chassis.temporal.tables import settled
from tests.chassis.feed.events import change, write
from tests.interleaving import Before, stopped
from tests.service_app import RunningService

pytestmark = pytest.mark.anyio


async def newest_stamp(service: RunningService) -> datetime:
    async with service.runtime.database.transaction() as session:
        newest = select(feed.c.stamped_at).order_by(feed.c.position.desc()).limit(1)
        stamp: datetime = (await session.execute(newest, execution_options=AS_SYSTEM)).scalar_one()
        return stamp


async def test_what_is_settled_is_never_stamped_behind_even_if_the_clock_ran_back(
    probe: RunningService,
) -> None:
    database = probe.runtime.database
    ahead = (datetime.now(UTC) + timedelta(hours=1)).replace(microsecond=0)
    async with database.transaction() as session:  # as an answer that was given before the clock ran back
        await session.execute(insert(settled).values(single=True, until=ahead))
    await write(database, change(uuid4(), 1))
    assert await number_batch(database) > 0
    assert await newest_stamp(probe) > ahead
    await settle(database, ahead)


async def test_stamps_are_whole_milliseconds_as_they_are_shown(probe: RunningService) -> None:
    await write(probe.runtime.database, change(uuid4(), 1))
    await probe.number_events()
    assert (await newest_stamp(probe)).microsecond % 1000 == 0


async def test_an_instant_is_settled_though_a_writer_has_not_committed(probe: RunningService) -> None:
    database = probe.runtime.database
    await probe.number_events()
    async with stopped(write(database, change(uuid4(), 1)), Before(database, "COMMIT")):
        instant = datetime.now(UTC)
        await settle(database, instant)
    await probe.number_events()
    assert await newest_stamp(probe) > instant


async def test_an_instant_waits_for_the_numbers_of_what_is_committed(probe: RunningService) -> None:
    database = probe.runtime.database
    await write(database, change(uuid4(), 1))
    with pytest.raises(ServiceUnavailable) as refused:
        await settle(database, datetime.now(UTC), patience=0.05)
    assert refused.value.headers == {"Retry-After": "1"}
    await probe.number_events()
    await settle(database, datetime.now(UTC), patience=0.05)


async def test_an_instant_waits_while_the_sequencer_is_at_work(probe: RunningService) -> None:
    database = probe.runtime.database
    await write(database, change(uuid4(), 1))
    async with stopped(number_batch(database), Before(database, "COMMIT")):
        with pytest.raises(ServiceUnavailable):
            await settle(database, datetime.now(UTC), patience=0.05)


async def test_what_comes_soon_is_waited_for_and_what_comes_later_is_not(probe: RunningService) -> None:
    database = probe.runtime.database
    await probe.number_events()
    soon = datetime.now(UTC) + timedelta(milliseconds=150)
    await settle(database, soon)
    assert datetime.now(UTC) >= soon
    with pytest.raises(NotYetKnown) as refused:
        await settle(database, datetime.now(UTC) + timedelta(seconds=90))
    assert refused.value.headers in ({"Retry-After": "90"}, {"Retry-After": "89"})
