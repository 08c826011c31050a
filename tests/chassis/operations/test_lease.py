"""Any order of beginnings, ends, cancellations and late workers, against a model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from chassis.operations.lease import Lease, LeaseLost, begin, finish, give_back, renew
from chassis.operations.states import BECOMES, FINISHED, MOST_ATTEMPTS
from chassis.operations.tables import operation
from chassis.problems import Conflict, ServiceUnavailable
from tests.chassis.operations.conftest import ask
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio

# a step, and which of the workers so far takes it (the newest is 0)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([*["begin"] * 4, "succeed", "fail", "retry", "retry", "stop", "renew", "cancel"]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    min_size=6,
    max_size=16,
)


@dataclass
class Model:
    """What must be so, in plain values."""

    state: str = "queued"
    attempts: int = 0
    cancel: bool = False
    newest: int = 0  # how often a worker began
    holder: int | None = None  # which of them may write

    ends: int = 0

    def begin(self) -> bool:
        if self.state in FINISHED:
            return False
        if self.cancel or self.attempts >= MOST_ATTEMPTS:
            self.end("cancelled" if self.cancel else "failed")
            return False
        self.state, self.attempts = "running", self.attempts + 1
        self.newest += 1
        self.holder = self.newest
        return True

    def end(self, state: str) -> None:
        self.state, self.holder, self.ends = state, None, self.ends + 1

    def back(self, attempts: int) -> None:
        self.state, self.holder, self.attempts = "queued", None, attempts

    def ask_to_cancel(self) -> None:
        if self.state in FINISHED:
            return
        self.cancel = True
        if self.state == "queued":
            self.end("cancelled")


@dataclass
class Story:
    service: RunningService
    operation_id: UUID
    name: str
    model: Model = field(default_factory=Model)
    workers: list[Lease] = field(default_factory=list)

    async def step(self, what: str, back: int) -> None:
        if what == "cancel":
            async with self.service.client(ministry()) as caller:
                answer = await caller.post(f"/api/v1/operations/{self.name}/cancel")
            assert answer.status_code == 200
            self.model.ask_to_cancel()
            return
        database = self.service.runtime.database
        if what == "begin":
            async with database.transaction() as session:
                begun = await begin(session, self.operation_id, "worker")
            assert (begun is not None) == self.model.begin()
            if begun is not None:
                self.workers.append(begun[0])
            return
        if len(self.workers) <= back:
            return
        worker = len(self.workers) - back
        lease, holds = self.workers[worker - 1], self.model.holder == worker
        try:
            async with database.transaction() as session:
                await self._write(session, what, lease)
        except LeaseLost:
            assert not holds
        else:
            assert holds, "a worker whose lease was lost has written"
            if what in {"succeed", "fail"}:
                self.model.end({"succeed": "succeeded", "fail": "failed"}[what])
            elif what != "renew":
                self.model.back(self.model.attempts - (what == "stop"))

    async def _write(self, session: Any, what: str, lease: Lease) -> None:
        if what == "succeed":
            await finish(session, lease, "succeeded", result={"by": lease.number})
        elif what == "fail":
            await finish(session, lease, "failed", error=Conflict())
        elif what == "retry":
            await give_back(session, lease, ServiceUnavailable())
        elif what == "stop":
            await give_back(session, lease)
        else:
            assert await renew(session, lease, (1, 2, "at it")) == self.model.cancel

    async def stored(self) -> Any:
        async with self.service.runtime.database.transaction() as session:
            return (await session.execute(select(operation).where(operation.c.id == self.operation_id))).one()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
@example(steps=[("begin", 0), ("begin", 0), ("succeed", 1), ("retry", 1), ("stop", 1), ("succeed", 0)])
@example(steps=[("begin", 0)] * 5)
@example(steps=[("begin", 0), ("stop", 0), ("begin", 0), ("retry", 0), ("begin", 0), ("fail", 0)])
@example(steps=[("begin", 0), ("cancel", 0), ("renew", 0), ("begin", 0)])
async def test_an_operation_follows_its_table_and_its_newest_lease_alone(
    idle: RunningService, steps: list[tuple[str, int]]
) -> None:
    name = (await ask(idle, "gated"))["id"]
    story = Story(idle, UUID(name.partition("-")[2]), name)
    before = "queued"
    for what, back in steps:
        await story.step(what, back)
        row = await story.stored()
        assert (row.state, row.attempts) == (story.model.state, story.model.attempts)
        assert row.state == before or row.state in BECOMES[before]
        assert (row.finished_at is not None) == (row.state in FINISHED)
        assert (row.error is not None) or row.state != "failed"
        before = row.state
    assert story.model.ends <= 1
