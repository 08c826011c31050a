"""An operation from its request to its end, with a worker in the same process."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.identity.principal import EVERYWHERE
from chassis.operations.lease import LeaseLost
from tests.chassis.operations.conftest import ask, effects_of, read, until
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
OPERATOR = ministry(subject="person:operator", permissions=frozenset({"operation.read", "operation.manage"}))


async def test_work_is_done_once_and_says_so(busy: RunningService, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    asked = await ask(busy, "gated", gate=str(gate))
    assert (asked["state"], asked["attempts"], asked["created_by"]) == ("queued", 0, "person:ministry")
    at_work = await until(busy, asked, state="running", progress={"done": 1, "total": 2, "stage": "waiting"})
    assert at_work["finished_at"] is None
    gate.touch()
    done = await read(busy, asked, wait=20)
    assert (done["state"], done["result"], done["error"]) == ("succeeded", {"attempt": 1}, None)
    assert done["progress"] == {"done": 2, "total": 2, "stage": "waiting"}
    assert await effects_of(busy, asked) == 1


async def test_what_a_handler_refuses_is_final_and_told_as_a_problem(busy: RunningService) -> None:
    asked = await ask(busy, "fail", refuse="conflict")
    failed = await read(busy, asked, wait=20)
    assert (failed["state"], failed["attempts"]) == ("failed", 1)
    assert (failed["error"]["code"], failed["error"]["detail"]) == ("conflict", "不行")
    async with busy.client(ministry()) as caller:
        english = await caller.get(f"/api/v1/operations/{asked['id']}", headers={"accept-language": "en"})
    assert english.json()["error"]["detail"] == "Not so"
    assert await effects_of(busy, asked) == 0


@pytest.mark.parametrize(("refuse", "code"), [("", "internal_error"), ("unavailable", "service_unavailable")])
async def test_what_may_pass_is_tried_three_times(busy: RunningService, refuse: str, code: str) -> None:
    asked = await ask(busy, "fail", refuse=refuse)
    failed = await read(busy, asked, wait=20)
    assert (failed["state"], failed["attempts"], failed["error"]["code"]) == ("failed", 3, code)
    assert "secret" not in str(failed)
    assert await effects_of(busy, asked) == 0


async def test_work_that_takes_too_long_has_failed(busy: RunningService, tmp_path: Path) -> None:
    asked = await ask(busy, "short", gate=str(tmp_path / "never"))
    failed = await read(busy, asked, wait=20)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "operation_timed_out")


async def test_cancelling_what_runs_undoes_it(busy: RunningService, tmp_path: Path) -> None:
    asked = await ask(busy, "gated", gate=str(tmp_path / "never"))
    await until(busy, asked, state="running")
    async with busy.client(ministry()) as caller:
        answer = await caller.post(f"/api/v1/operations/{asked['id']}/cancel")
    assert (answer.status_code, answer.json()["cancel_requested"]) == (200, True)
    assert (await read(busy, asked, wait=20))["state"] == "cancelled"
    assert await effects_of(busy, asked) == 0


async def test_cancelling_what_waits_is_at_once(idle: RunningService) -> None:
    asked = await ask(idle, "gated")
    async with idle.client(ministry()) as caller:
        first = await caller.post(f"/api/v1/operations/{asked['id']}/cancel")
        second = await caller.post(f"/api/v1/operations/{asked['id']}/cancel")
    assert first.json()["state"] == "cancelled"
    assert second.json() == first.json()


async def test_cancelling_kills_the_process_that_computes(busy: RunningService, tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    asked = await ask(busy, "compute", gate=str(pid_file))
    await until(busy, asked, progress={"done": 1, "total": None, "stage": "spinning"})
    pid = int(pid_file.read_text())
    os.kill(pid, 0)
    async with busy.client(ministry()) as caller:
        await caller.post(f"/api/v1/operations/{asked['id']}/cancel")
    assert (await read(busy, asked, wait=20))["state"] == "cancelled"
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    again = await read(busy, await ask(busy, "compute"), wait=20)
    assert again["result"] == {"sum": 6}


async def test_who_does_not_hear_the_cancellation_can_write_nothing(
    busy: RunningService, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    asked = await ask(busy, "deaf", gate=str(gate))
    await until(busy, asked, state="running")
    async with busy.client(ministry()) as caller:
        await caller.post(f"/api/v1/operations/{asked['id']}/cancel")
    cancelled = await read(busy, asked, wait=20)
    gate.touch()
    deaf = [task for task in asyncio.all_tasks() if task.get_coro().__name__ == "_handle"]  # type: ignore[union-attr]
    ends = await asyncio.gather(*deaf, return_exceptions=True)
    assert [type(end) for end in ends] == [LeaseLost]
    assert cancelled["state"] == "cancelled"
    assert await effects_of(busy, asked) == 0


async def test_a_request_that_is_rolled_back_leaves_neither_operation_nor_job(idle: RunningService) -> None:
    kept = await ask(idle, "gated")
    asked = await ask(idle, "gated", preview=True)
    async with idle.client(ministry()) as caller:
        assert (await caller.get(f"/api/v1/operations/{asked['id']}")).status_code == 404
        listed = (await caller.get("/api/v1/operations?source=registry")).json()["items"]
    assert [item["id"] for item in listed] == [kept["id"]]
    async with idle.runtime.database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM pgqueuer")) == 1


async def test_an_operation_is_its_starters_and_the_operators_alone(idle: RunningService) -> None:
    hunan = province("430000")
    asked = await ask(idle, "gated", principal=hunan)
    path = f"/api/v1/operations/{asked['id']}"
    async with (
        idle.client(hunan) as starter,
        idle.client(province("420000", view=EVERYWHERE)) as other,
        idle.client(OPERATOR) as operator,
    ):
        assert (await starter.get(path)).status_code == 200
        assert len((await starter.get("/api/v1/operations?state=queued")).json()["items"]) == 1
        assert (await other.get(path)).status_code == 404
        assert (await other.get("/api/v1/operations")).json()["items"] == []
        assert (await other.post(f"{path}/cancel")).status_code == 404
        assert len((await operator.get("/api/v1/operations")).json()["items"]) == 1
        assert (await operator.post(f"{path}/cancel")).json()["state"] == "cancelled"


@pytest.mark.parametrize("name", ["x", "registry-x", "projects-0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01", "%00"])
async def test_what_is_no_operation_of_this_service_is_not_found(idle: RunningService, name: str) -> None:
    async with idle.client(ministry()) as caller:
        assert (await caller.get(f"/api/v1/operations/{name}")).status_code in {400, 404}
        assert (await caller.get("/api/v1/operations?source=projects")).status_code == 400
        assert (await caller.get("/api/v1/operations?state=lost")).status_code == 400
        assert (await caller.get(f"/api/v1/operations/{name}?wait=31")).status_code == 400


async def test_waiting_holds_no_connection_and_ends_with_the_process(idle: RunningService) -> None:
    asked = await ask(idle, "gated")
    waiting = [asyncio.create_task(read(idle, asked, wait=30)) for _ in range(30)]
    while idle.runtime.waiting.waiters < 30:
        await asyncio.sleep(0.01)
    pool = idle.runtime.database.engine.pool
    most = 0
    for _ in range(100):
        await asyncio.sleep(0.01)
        most = max(most, pool.checkedout())  # type: ignore[attr-defined]  # of a queue pool
    assert most <= 1
    idle.runtime.stopping.asked = True
    async with asyncio.timeout(20):  # they would have waited for 30 s
        found = await asyncio.gather(*waiting)
    assert {item["state"] for item in found} == {"queued"}
