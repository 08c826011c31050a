"""Schedules: run by one of many workers, seen by operators."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import insert, select, text, update

from chassis.app import Service
from chassis.base_tables import idempotency
from chassis.operations.tables import operation
from chassis.runtime import Runtime
from chassis.schedules.common import COMMON, forget_operations, mend_queue
from chassis.schedules.running import Schedule
from chassis.words import Words
from tests.chassis.operations.conftest import QUICK, ask
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

pytestmark = pytest.mark.anyio
_OLD_LOG = text(
    "INSERT INTO pgqueuer_log (created, job_id, status, priority, entrypoint)"
    " VALUES (now() - interval '8 days', 1, 'successful', 0, 'old')"
)
OPERATOR = ministry(subject="person:operator", permissions=frozenset({"operation.manage"}))


def common(name: str) -> Schedule:
    """The schedule of this name that every service has."""
    return next(schedule for schedule in COMMON if schedule.name == name)


async def _run_by_three(
    databases: ServiceDatabases, keys: KeyRing, schedule: Schedule, enough: asyncio.Event
) -> dict[str, object]:
    """Three replicas until it has run often enough; what operators then see of it."""
    service = Service("registry", "clock", "clock", [], schedules=[schedule])
    one = running(service, databases, keys, background=True, **QUICK)
    more = [running(service, databases, keys, background=True, emptied=False, **QUICK) for _ in range(2)]
    async with one as first, more[0], more[1]:
        await asyncio.wait_for(enough.wait(), 60)
        async with first.client(OPERATOR) as operator:
            answer = await operator.get("/api/v1/schedules?source=registry")
    assert answer.status_code == 200, answer.text
    return next(item for item in answer.json()["items"] if item["name"] == schedule.name)


async def test_each_time_is_one_replicas(service_databases: ServiceDatabases, keys: KeyRing) -> None:
    moments: list[datetime] = []
    enough = asyncio.Event()

    async def note(_runtime: Runtime) -> None:
        moments.append(datetime.now(UTC))
        if len(moments) >= 4:
            enough.set()

    schedule = Schedule("clock.tick", "* * * * * */2", Words("滴答", "Tick"), note)
    shown = await _run_by_three(service_databases, keys, schedule, enough)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > timedelta(seconds=0.5), gaps  # three replicas at one time would be milliseconds apart
    assert (shown["cron"], shown["titles"]) == ("* * * * * */2", {"zh-Hans": "滴答", "en": "Tick"})
    assert shown["last_run"] is not None
    assert shown["next_run"] is not None


async def test_a_run_that_fails_is_followed_by_the_next(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    times = 0
    enough = asyncio.Event()

    async def fail(_runtime: Runtime) -> None:
        nonlocal times
        times += 1
        if times == 2:
            enough.set()
        raise ValueError

    schedule = Schedule("clock.fail", "* * * * * *", Words("失败", "Fail"), fail)
    assert (await _run_by_three(service_databases, keys, schedule, enough))["name"] == "clock.fail"


async def test_a_run_is_cut_off_when_its_process_stops(
    service_databases: ServiceDatabases, keys: KeyRing
) -> None:
    begun, cut_off = asyncio.Event(), asyncio.Event()

    async def last(_runtime: Runtime) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut_off.set()

    schedule = Schedule("clock.last", "* * * * * *", Words("持续", "Last"), last)
    async with asyncio.timeout(60):
        assert (await _run_by_three(service_databases, keys, schedule, begun))["next_run"] is not None
    assert cut_off.is_set()


async def test_schedules_are_for_operators_and_listed_before_they_ran(idle: RunningService) -> None:
    async with idle.client(OPERATOR) as operator, idle.client(ministry()) as office:
        items = (await operator.get("/api/v1/schedules")).json()["items"]
        assert (await operator.get("/api/v1/schedules?source=projects")).status_code == 400
        assert (await office.get("/api/v1/schedules")).status_code == 403
    assert [item["name"] for item in items] == [schedule.name for schedule in COMMON]
    assert {item["last_run"] for item in items} == {None}


async def test_what_is_old_is_forgotten_and_what_is_stranded_comes_back(idle: RunningService) -> None:
    old, young, stranded = [(await ask(idle, "gated"))["id"].partition("-")[2] for _ in range(3)]
    database = idle.runtime.database
    async with database.transaction() as session:
        for name, days in ((old, 31), (young, 29)):
            ended = text(f"now() - interval '{days} days'")
            await session.execute(
                update(operation).where(operation.c.id == name).values(state="succeeded", finished_at=ended)
            )
        await session.execute(text("UPDATE pgqueuer SET status = 'failed'"))
        await session.execute(_OLD_LOG)
        answer = {"key": "k", "fingerprint": b"", "status": 200, "headers": {}, "body": b""}
        for subject, hours in (("old", 49), ("young", 47)):
            created = text(f"now() - interval '{hours} hours'")
            await session.execute(insert(idempotency).values(subject=subject, created_at=created, **answer))
    await forget_operations(idle.runtime)
    await mend_queue(idle.runtime)
    await common("idempotency.forget").run(idle.runtime)
    async with database.transaction() as session:
        kept = [str(found) for found in await session.scalars(select(operation.c.id))]
        assert sorted(kept) == sorted([young, stranded])
        assert (await session.scalars(text("SELECT DISTINCT status::text FROM pgqueuer"))).all() == ["queued"]
        assert await session.scalar(text("SELECT count(*) FROM pgqueuer_log WHERE entrypoint = 'old'")) == 0
        assert await session.scalar(text("SELECT count(*) FROM pgqueuer_log")) == 3
        assert (await session.scalars(select(idempotency.c.subject))).all() == ["young"]
