"""One key, one effect."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text

from chassis.base_tables import idempotency, outbox
from chassis.idempotency import forget_old
from tests.chassis.answers import problem_of
from tests.chassis.owner import as_owner
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
NOTES = "/api/v1/probe/notes"
MACHINE = ministry(subject="machine:1")


async def effects(service: RunningService) -> int:
    async with service.runtime.database.transaction() as session:
        return await session.scalar(select(func.count()).where(outbox.c.kind == "note")) or 0


async def note(client: httpx.AsyncClient, key: str | None, **body: Any) -> httpx.Response:
    headers = {} if key is None else {"idempotency-key": key}
    return await client.post(NOTES, json={"text": "x", **body}, headers=headers)


async def test_a_replay_is_the_same_answer_and_no_second_effect(probe: RunningService) -> None:
    async with probe.client(MACHINE) as client:
        first, second = await note(client, "k"), await note(client, "k")
        quoted = await note(client, '"k"')
    assert first.status_code == 201
    assert "idempotent-replayed" not in first.headers
    for replay in (second, quoted):
        assert (replay.status_code, replay.content) == (201, first.content)
        assert replay.headers["idempotent-replayed"] == "true"
        assert replay.headers["content-type"] == first.headers["content-type"]
        assert replay.headers["cache-control"] == first.headers["cache-control"]
    assert await effects(probe) == 1


async def test_a_replay_keeps_location_and_etag(probe: RunningService) -> None:
    async with probe.client(MACHINE) as client:
        first, second = [
            await client.post("/api/v1/zones", json=zone(), headers={"idempotency-key": "z"})
            for _ in range(2)
        ]
    assert [first.headers[n] for n in ("location", "etag")] == [
        second.headers[n] for n in ("location", "etag")
    ]
    assert second.headers["idempotent-replayed"] == "true"


async def test_the_same_key_many_times_at_once_has_one_effect(probe: RunningService) -> None:
    async with probe.client(MACHINE) as client:
        answers = await asyncio.gather(*(note(client, "k") for _ in range(8)))
    done = [answer for answer in answers if answer.status_code == 201]
    assert len({answer.content for answer in done}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in done) == 1
    for waiting in (answer for answer in answers if answer.status_code != 201):
        assert problem_of(waiting, 409, "idempotency_in_progress")["retryable"]
        assert waiting.headers["retry-after"] == "1"
    assert await effects(probe) == 1


async def test_while_the_first_is_running_the_second_is_409_and_does_not_wait(probe: RunningService) -> None:
    async with probe.runtime.database.transaction() as session:
        await session.execute(text("LOCK TABLE outbox IN SHARE MODE"))  # the effect must wait for us
        async with probe.client(MACHINE) as client, asyncio.TaskGroup() as group:
            first = group.create_task(note(client, "k"))
            await _holds_a_key(probe)
            second = await note(client, "k")
            assert not first.done()
            await session.rollback()
    problem_of(second, 409, "idempotency_in_progress")
    assert first.result().status_code == 201
    assert await effects(probe) == 1


async def _holds_a_key(service: RunningService) -> None:
    held = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    while True:
        async with service.runtime.database.transaction() as session:
            if await session.scalar(held):
                return


async def test_another_payload_under_the_same_key_is_422(probe: RunningService) -> None:
    async with probe.client(MACHINE) as client:
        await note(client, "k")
        other = await note(client, "k", text="y")
        elsewhere = await client.post("/api/v1/zones", json=zone(), headers={"idempotency-key": "k"})
    problem_of(other, 422, "idempotency_mismatch")
    problem_of(elsewhere, 422, "idempotency_mismatch")
    assert await effects(probe) == 1


async def test_what_was_refused_is_not_stored_so_that_a_corrected_request_works(
    probe: RunningService,
) -> None:
    async with probe.client(MACHINE) as client:
        problem_of(await note(client, "k", refuse=True), 422, "validation_failed")
        assert await effects(probe) == 0
        again = await note(client, "k")
    assert (again.status_code, "idempotent-replayed" in again.headers) == (201, False)
    assert await effects(probe) == 1


async def test_a_machine_must_send_a_key_and_a_person_may(probe: RunningService) -> None:
    async with probe.client(MACHINE) as machine, probe.client(ministry()) as person:
        problem_of(await note(machine, None), 400, "idempotency_key_required")
        assert (await note(person, None)).status_code == 201
        assert (await note(person, "k")).status_code == 201
    assert await effects(probe) == 2


@pytest.mark.parametrize("key", ["", '""', " ", "x" * 201, "é", "a\tb"])
async def test_a_malformed_key_is_400(probe: RunningService, key: str) -> None:
    headers = {"idempotency-key": key.encode("latin-1")}
    async with probe.client(MACHINE) as client:
        answer = await client.post(NOTES, json={"text": "x"}, headers=headers)  # type: ignore[arg-type]  # bytes pass
    assert problem_of(answer, 400)["errors"][0]["header"] == "Idempotency-Key"
    assert await effects(probe) == 0


async def test_a_key_belongs_to_its_caller(probe: RunningService) -> None:
    async with probe.client(MACHINE) as one, probe.client(ministry(subject="machine:2")) as other:
        first, second = await note(one, "k"), await note(other, "k")
    assert "idempotent-replayed" not in second.headers
    assert first.status_code == second.status_code == 201
    assert await effects(probe) == 2


async def test_a_plan_keeps_no_rows_and_is_made_once_a_key(probe: RunningService) -> None:
    content = "code,name_zh,division_code,division_edition\nP,试,420102,201904\n"
    headers = {"content-type": "text/csv", "idempotency-key": "k"}
    async with probe.client(MACHINE) as client:
        first, second = [
            await client.post("/api/v1/zones/imports", content=content, headers=headers) for _ in range(2)
        ]
        zones = (await client.get("/api/v1/zones")).json()["items"]
    assert first.json()["counts"]["created"] == 1
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json()
    assert zones == []


async def test_answers_are_forgotten_after_two_days(
    probe: RunningService, service_databases: ServiceDatabases
) -> None:
    async with probe.client(MACHINE) as client:
        await note(client, "old")
        await note(client, "new")
    aged = "UPDATE idempotency SET created_at = now() - interval '49 hours' WHERE key = 'old'"
    await as_owner(service_databases, aged)
    async with probe.runtime.database.transaction() as session:
        await forget_old(session)
        kept = (await session.scalars(select(idempotency.c.key))).all()
    assert kept == ["new"]
