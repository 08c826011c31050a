"""Workers that die, freeze or stop: real processes on one queue."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.settings import OwnSettings
from tests.chassis.operations.conftest import ask, effects_of, read, until
from tests.service_app import RunningService

pytestmark = pytest.mark.anyio
Spawn = Callable[[], subprocess.Popen[bytes]]


def test_a_dead_worker_is_taken_over_within_a_minute_by_default() -> None:
    """Silence until the heartbeat's time, then at the latest the next poll."""
    default = {name: field.default for name, field in OwnSettings.model_fields.items()}
    assert default["worker_heartbeat_seconds"] + 2 * default["worker_poll_seconds"] < 60
    longest = OwnSettings.model_fields
    limits = [
        next(rule.le for rule in longest[name].metadata if hasattr(rule, "le"))
        for name in ("worker_heartbeat_seconds", "worker_poll_seconds")
    ]
    assert sum(limits) < 60  # whatever the settings say


async def test_a_killed_worker_is_taken_over_with_one_effect(
    idle: RunningService, spawn_worker: Spawn, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    first = spawn_worker()
    asked = await ask(idle, "gated", gate=str(gate))
    await until(idle, asked, state="running", progress={"done": 1, "total": 2, "stage": "waiting"})
    spawn_worker()
    first.kill()
    taken = await until(idle, asked, state="running", attempts=2)
    assert taken["result"] is None
    gate.touch()
    done = await read(idle, asked, wait=30)
    assert (done["state"], done["result"], done["attempts"]) == ("succeeded", {"attempt": 2}, 2)
    assert await effects_of(idle, asked) == 1
    begun, ended = (datetime.fromisoformat(done[name]) for name in ("started_at", "finished_at"))
    assert 0 < (ended - begun).total_seconds() < 60


async def test_work_that_kills_its_worker_is_given_up_with_the_reason(
    idle: RunningService, spawn_worker: Spawn
) -> None:
    asked = await ask(idle, "die")
    deaths = 0
    while (found := await read(idle, asked))["state"] in {"queued", "running"} and deaths < 10:
        worker = spawn_worker()
        while worker.poll() is None and found["state"] in {"queued", "running"}:
            found = await read(idle, asked, wait=0.2)
        deaths += worker.poll() == -signal.SIGKILL
    assert (found["state"], found["attempts"], deaths) == ("failed", 3, 3)
    assert found["error"]["code"] == "operation_abandoned"
    assert "3 次" in found["error"]["detail"]


async def test_a_frozen_worker_that_wakes_up_can_write_nothing(
    idle: RunningService, spawn_worker: Spawn, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    frozen = spawn_worker()
    asked = await ask(idle, "gated", gate=str(gate))
    await until(idle, asked, state="running", progress={"done": 1, "total": 2, "stage": "waiting"})
    frozen.send_signal(signal.SIGSTOP)
    spawn_worker()
    await until(idle, asked, state="running", attempts=2)
    gate.touch()
    done = await read(idle, asked, wait=30)
    frozen.send_signal(signal.SIGCONT)
    frozen.terminate()
    assert frozen.wait(30) == 0
    assert (await read(idle, asked)) == done
    assert (done["state"], done["result"]) == ("succeeded", {"attempt": 2})
    assert await effects_of(idle, asked) == 1


async def test_many_operations_and_several_workers_have_one_effect_each(
    idle: RunningService, spawn_worker: Spawn, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    gate.touch()
    asked = [await ask(idle, "gated", gate=str(gate)) for _ in range(30)]
    for _ in range(3):
        spawn_worker()
    done = [await read(idle, operation, wait=30) for operation in asked]
    assert {(item["state"], item["attempts"]) for item in done} == {("succeeded", 1)}
    assert [await effects_of(idle, operation) for operation in asked] == [1] * 30
    async with idle.runtime.database.transaction() as session:
        workers = (await session.scalars(text("SELECT DISTINCT worker FROM operation"))).all()
    assert len(workers) > 1


async def test_a_worker_that_stops_gives_back_what_it_cannot_end(
    idle: RunningService, spawn_worker: Spawn, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    stopping = spawn_worker()
    asked = await ask(idle, "gated", gate=str(gate))
    await until(idle, asked, state="running", progress={"done": 1, "total": 2, "stage": "waiting"})
    stopping.terminate()
    given_back = await until(idle, asked, state="queued")
    assert given_back["attempts"] == 0
    assert stopping.wait(30) == 0
    gate.touch()
    spawn_worker()
    assert (await read(idle, asked, wait=30))["result"] == {"attempt": 1}
    assert await effects_of(idle, asked) == 1
