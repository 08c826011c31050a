"""The snapshot is whole, of one moment, and as the digest says."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any
from uuid import UUID, uuid4

import pytest
from starlette.requests import ClientDisconnect

from chassis.feed import snapshot
from chassis.feed.digests import BUCKETS, EMPTY
from chassis.identity.principal import Scope
from chassis.runtime import SNAPSHOTS_AT_ONCE
from tests.chassis.answers import problem_of
from tests.chassis.feed.events import change, write
from tests.interleaving import Before, stopped
from tests.service_app import RunningService, ministry, province

pytestmark = pytest.mark.anyio
URL = "/api/v1/changes"


def parsed(body: bytes) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Header and events of a snapshot whose trailer is right."""
    *lines, last = body.splitlines(keepends=True)
    trailer = json.loads(last)
    assert trailer == {
        "count": len(lines) - 1,
        "checksum": f"sha-256={hashlib.sha256(b''.join(lines)).hexdigest()}",
    }
    header, *events = map(json.loads, lines)
    return header, events


def digests_by_hand(held: dict[UUID, tuple[int, bool]]) -> list[str]:
    """As the documentation of the endpoint says, without the database."""
    lines: list[list[str]] = [[] for _ in range(BUCKETS)]
    for subject in sorted(held):
        version, deleted = held[subject]
        lines[subject.bytes[15]].append(f"{subject}|{version}|{'true' if deleted else 'false'}")
    return [hashlib.sha256("\n".join(bucket).encode()).hexdigest() for bucket in lines]


async def test_a_snapshot_is_what_the_feed_led_to(probe: RunningService) -> None:
    one, gone, other = uuid4(), uuid4(), uuid4()
    await write(
        probe.runtime.database,
        change(one, 1),
        change(gone, 1),
        change(one, 2),
        change(gone, 2, change="deleted"),
        change(other, 7, kind="other"),
    )
    await probe.number_events()
    async with probe.client(ministry()) as client:
        answer = await client.get(f"{URL}/snapshot?source=registry&types=thing")
        page = (await client.get(f"{URL}?types=thing")).json()
        every = parsed((await client.get(f"{URL}/snapshot")).content)[1]
    assert answer.headers["content-type"] == "application/x-ndjson"
    header, events = parsed(answer.content)
    assert (header["epoch"], header["position"]) == (page["epoch"], page["next_after"])
    assert header["anchor"] == page["anchor"]
    assert events == [page["items"][2], page["items"][3]]
    assert {event["subject"].split("/")[0] for event in every} >= {"thing", "other"}


async def test_a_snapshot_knows_nothing_of_what_comes_while_it_is_read(probe: RunningService) -> None:
    subject = uuid4()
    await write(probe.runtime.database, change(subject, 1))
    await probe.number_events()
    async with probe.client(ministry()) as client:
        reading = client.get(f"{URL}/snapshot?types=thing")
        async with stopped(reading, Before(probe.runtime.database, "SELECT feed.")) as reader:
            await write(probe.runtime.database, change(subject, 2), change(uuid4(), 1))
            await probe.number_events()
        header, events = parsed((await reader).content)
        after = (await client.get(f"{URL}?after={header['position']}&types=thing")).json()["items"]
    assert [event["data"]["version"] for event in events] == [1]
    assert [event["data"]["version"] for event in after] == [2, 1]


async def test_an_empty_feed_has_an_empty_snapshot(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        header, events = parsed((await client.get(f"{URL}/snapshot?types=thing")).content)
    assert (header["position"], events) == (f"{0:018d}", [])
    assert (header["anchor"], header["stamped_at"]) == (None, None)


async def test_many_objects_come_in_parts_and_whole(probe: RunningService) -> None:
    subjects = {uuid4() for _ in range(1203)}
    await write(probe.runtime.database, *(change(subject, 1) for subject in subjects))
    await probe.number_events()
    async with probe.client(ministry()) as client:
        _, events = parsed((await client.get(f"{URL}/snapshot?types=thing")).content)
    assert {UUID(event["data"]["id"]) for event in events} == subjects
    assert len(events) == len(subjects)


async def test_no_more_than_two_snapshots_take_connections_at_once(probe: RunningService) -> None:
    async with asyncio.timeout(20):
        for _ in range(2):
            await probe.runtime.snapshots.acquire()
    async with probe.client(ministry()) as client:
        refused = await client.get(f"{URL}/snapshot")
        probe.runtime.snapshots.release()
        assert (await client.get(f"{URL}/snapshot")).status_code == 200
    problem_of(refused, 503, "service_unavailable")
    assert refused.headers["retry-after"] == "10"


async def test_the_digest_is_as_the_documentation_says_at_each_position(probe: RunningService) -> None:
    subjects = [uuid4() for _ in range(40)]
    held: dict[UUID, tuple[int, bool]] = {}
    expected: dict[int, list[str]] = {}
    async with probe.client(ministry()) as client:
        for version in (1, 2, 3):
            for subject in subjects[version:] if version > 1 else subjects:
                gone = version == 3 and subject in subjects[-5:]
                held[subject] = (version, gone)
                await write(
                    probe.runtime.database, change(subject, version, change="deleted" if gone else "updated")
                )
            await probe.number_events()
            position = int((await client.get(URL)).json()["next_after"])
            expected[position] = digests_by_hand(held)
        for position, buckets in expected.items():
            digest = (await client.get(f"{URL}/digest?type=thing&at={position}")).json()
            assert (digest["at"], digest["objects"]) == (f"{position:018d}", 40)
            assert digest["buckets"] == buckets
        newest = (await client.get(f"{URL}/digest?type=thing")).json()
        nothing = (await client.get(f"{URL}/digest?type=nothing")).json()
    assert newest["buckets"] == expected[max(expected)]
    assert (nothing["objects"], nothing["buckets"]) == (0, [EMPTY] * BUCKETS)


async def test_digest_and_snapshot_are_of_the_callers_scope(probe: RunningService) -> None:
    here, there, nowhere, zoned = (uuid4() for _ in range(4))
    zone = uuid4()
    await write(
        probe.runtime.database,
        change(here, 1, division_path=["420000"]),
        change(there, 1, division_path=["430000"]),
        change(nowhere, 1),
        change(zoned, 1, division_path=["440000"], zone_id=zone),
    )
    await probe.number_events()
    callers = {
        province("420000"): {here, nowhere},
        province("x", view=Scope(zones=frozenset({str(zone)}))): {nowhere, zoned},
        ministry(): {here, there, nowhere, zoned},
    }
    for caller, seen in callers.items():
        async with probe.client(caller) as client:
            _, events = parsed((await client.get(f"{URL}/snapshot?types=thing")).content)
            digest = (await client.get(f"{URL}/digest?type=thing")).json()
        assert {UUID(event["data"]["id"]) for event in events} == seen
        assert digest["buckets"] == digests_by_hand(dict.fromkeys(seen, (1, False)))


@pytest.mark.parametrize(
    "query", ["", "?type=", "?type=a%00b", "?type=thing&at=x", "?type=thing&at=-1", "?type=thing&source=x"]
)
async def test_a_digest_that_is_asked_for_wrongly_is_refused(probe: RunningService, query: str) -> None:
    async with probe.client(ministry()) as client:
        answer = await client.get(f"{URL}/digest{query}")
    problem_of(answer, 400, "invalid_parameter")


async def test_a_digest_beyond_the_head_or_of_another_epoch_is_gone(probe: RunningService) -> None:
    async with probe.client(ministry()) as client:
        problem_of(await client.get(f"{URL}/digest?type=thing&at=999999"), 410, "gone")
        problem_of(await client.get(f"{URL}/digest?type=thing&epoch=1-1"), 410, "gone")


async def test_a_reader_who_takes_nothing_loses_the_place(
    probe: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_STALLED_SECONDS", 0.05)
    await write(probe.runtime.database, change(uuid4(), 1))
    await probe.number_events()
    token = probe.token(ministry()).encode()
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "GET",
        "path": f"{URL}/snapshot",
        "raw_path": f"{URL}/snapshot".encode(),
        "query_string": b"",
        "headers": [(b"authorization", b"Bearer " + token)],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def stalled(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    for _ in range(SNAPSHOTS_AT_ONCE):
        with pytest.raises(ClientDisconnect):
            await probe.app(scope, receive, stalled)
    assert not probe.runtime.snapshots.locked()
    async with probe.client(ministry()) as reader:
        assert parsed((await reader.get(f"{URL}/snapshot")).content)[1]
