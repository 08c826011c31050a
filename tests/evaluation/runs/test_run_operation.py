"""A run as long work: the same numbers, stored once."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from chassis.operations.worker import run_worker
from services.evaluation.app import SERVICE
from services.evaluation.runs import writing
from tests.evaluation.builders import run
from tests.evaluation.conftest import TwoServices, send
from tests.service_app import ministry

pytestmark = pytest.mark.anyio
SLOWLY = {"prefer": "handling=strict, respond-async; x=1"}
_OWN = ("id", "created_at", "updated_at", "created_by", "updated_by")


async def _done(two: TwoServices, office: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The operation's end, with a worker beside us."""
    working = asyncio.create_task(run_worker(two.evaluation.runtime, SERVICE.operations, ()))
    try:
        answer = await office.get(f"{path}?wait=30", timeout=40)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    found: dict[str, Any] = answer.json()
    return found


async def _scores(office: httpx.AsyncClient, path: str) -> list[Any]:
    run_id = path.rpartition("/")[2]
    items = (await office.get(f"/api/v1/scores?run={run_id}&sort=rank")).json()["items"]
    whole = [(await office.get(f"{path}/scores/{item['zone']['id']}")).json() for item in items]
    return [{name: value for name, value in item.items() if name not in {"id", "run"}} for item in whole]


async def test_the_numbers_are_those_of_a_run_that_is_waited_for(observed: TwoServices) -> None:
    async with observed.client() as office:
        fast = await send(office, "runs", run())
        asked = await office.post("/api/v1/runs", json=run(), headers=SLOWLY)
        assert (asked.status_code, asked.headers["preference-applied"]) == (202, "respond-async")
        done = await _done(observed, office, asked.headers["location"])
        assert (done["state"], done["error"]) == ("succeeded", None), done
        assert done["progress"]["done"] == done["progress"]["total"] == 3
        slow = (await office.get(done["result"]["run"])).json()
        assert {k: v for k, v in slow.items() if k not in _OWN} == {
            k: v for k, v in fast.json().items() if k not in _OWN
        }
        assert slow["created_by"] == ministry().subject
        assert await _scores(office, done["result"]["run"]) == await _scores(office, fast.headers["location"])
    assert len(await observed.events("run")) == 2


async def test_a_run_that_is_large_is_an_operation_for_everybody(
    observed: TwoServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with observed.client() as office:
        monkeypatch.setattr(writing, "MOST_CELLS", 6)  # three zones, two indicators
        small = await office.post("/api/v1/runs", json=run())
        monkeypatch.setattr(writing, "MOST_CELLS", 5)
        large = await office.post("/api/v1/runs", json=run())
        again = await office.post("/api/v1/runs", json=run("code:NONE"))
    assert (small.status_code, large.status_code, again.status_code) == (201, 202, 422)
    assert large.json()["kind"] == "runs.create"


@pytest.mark.parametrize(
    "body", [run("code:NONE"), run(low="100"), run(bounds="fixed")], ids=["cycle", "scale", "bounds"]
)
async def test_what_is_wrong_is_told_at_once(observed: TwoServices, body: dict[str, Any]) -> None:
    async with observed.client() as office:
        answer = await office.post("/api/v1/runs", json=body, headers=SLOWLY)
        listed = (await office.get("/api/v1/operations")).json()["items"]
    assert (answer.status_code, listed) == (422, [])


async def test_the_same_key_starts_one_operation(observed: TwoServices) -> None:
    headers = {**SLOWLY, "idempotency-key": "k-1"}
    async with observed.client() as office:
        first, second = [await office.post("/api/v1/runs", json=run(), headers=headers) for _ in range(2)]
        listed = (await office.get("/api/v1/operations")).json()["items"]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.headers["location"] == second.headers["location"]
    assert len(listed) == 1


async def test_what_a_handler_finds_wrong_is_told_by_the_operation(observed: TwoServices) -> None:
    async with observed.client() as office:
        asked = await office.post("/api/v1/runs", json=run(), headers=SLOWLY)
        cycle = await office.get("/api/v1/cycles/code:C-1")
        removed = await office.delete("/api/v1/cycles/code:C-1", headers={"if-match": cycle.headers["etag"]})
        assert removed.status_code == 204, removed.text
        done = await _done(observed, office, asked.headers["location"])
    assert (done["state"], done["attempts"]) == ("failed", 1)
    assert done["error"]["errors"][0]["pointer"] == "#/cycle"
