"""Every process and the database are killed with -9 in turn: what was promised is there, exactly once."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest

from sdz.child import Child
from sdz.commands.demo import without_databases
from sdz.demonstration.demonstrate import demo_api
from sdz.embedded.cluster import Cluster
from sdz.folders import throw_away_folders
from sdz.free_ports import free_port
from sdz.platform import Platform, running_platform
from sdz.settings import Settings
from sdz.stop_request import StopRequest
from tests.end_to_end.platform_under_test import SAMPLE, Whole
from tests.ledger.client import Client, Ledger
from tests.long_form import LONG

CLIENTS = 4
ROUNDS = 6 if LONG else 1
SECONDS_BETWEEN = 2.0
_PATIENCE = 120.0


@contextmanager
def watched_platform() -> Iterator[Platform]:
    """A platform that starts again what dies, on a database that is as durable as an operator's."""
    with throw_away_folders() as folders:
        settings = Settings(gateway_port=free_port())
        with running_platform(
            settings, folders, say=print, environment=without_databases(os.environ), durable=True
        ) as platform:
            stop = StopRequest()
            watching = threading.Thread(target=platform.supervisor.watch, args=(stop,))
            watching.start()
            try:
                yield platform
            finally:
                stop.ask()
                watching.join()
                stop.close()


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def killed_in_turn(platform: Platform) -> None:
    """Each process once a round, then the database; each is waited for."""
    supervisor = platform.supervisor
    cluster = supervisor.cluster
    assert cluster is not None
    for _ in range(ROUNDS):
        for child in supervisor.children:
            _kill_and_wait(child, child.name)
        _kill_and_wait(cluster, "database")
        until(lambda: all(child.is_ready() for child in supervisor.children), "ready after the database")


def _kill_and_wait(process: Child | Cluster, name: str) -> None:
    time.sleep(SECONDS_BETWEEN)
    before = process.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    until(lambda: process.pid not in {before, None}, name)
    until(process.is_ready if isinstance(process, Child) else process.is_alive, name)


@pytest.fixture(scope="module")
def kept() -> Iterator[tuple[Platform, Whole, Ledger]]:
    """The platform after all that, and the ledgers of all clients as one."""
    with watched_platform() as platform:
        whole = Whole(platform, "", {}, {})
        with demo_api(platform.gateway_url, platform.folders) as api:
            sheet = (SAMPLE / "divisions.csv").read_bytes()
            api.import_sheet("divisions", sheet)
        stop = threading.Event()

        def sign() -> str:
            with whole.ministry() as office:
                return str(office.headers["authorization"])

        clients = [Client(platform.gateway_url, sign, stop) for _ in range(CLIENTS)]
        threads = [threading.Thread(target=client.run) for client in clients]
        for thread in threads:
            thread.start()
        try:
            killed_in_turn(platform)
            time.sleep(SECONDS_BETWEEN)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        ledger = Ledger()
        for client in clients:
            ledger.zones |= client.ledger.zones
            ledger.notes |= client.ledger.notes
            ledger.projects |= client.ledger.projects
            ledger.retries += client.ledger.retries
            ledger.unexpected += client.ledger.unexpected
        yield platform, whole, ledger


def test_clients_met_no_answer_that_they_could_not_understand(kept: tuple[Platform, Whole, Ledger]) -> None:
    ledger = kept[2]
    assert ledger.unexpected == []
    assert len(ledger.zones) >= 10 * ROUNDS
    assert ledger.retries >= 5 * ROUNDS, "nothing was ever interrupted"


@pytest.mark.parametrize("collection", ["zones", "projects"])
def test_what_was_created_is_there_once(kept: tuple[Platform, Whole, Ledger], collection: str) -> None:
    _, whole, ledger = kept
    promised = getattr(ledger, collection)
    with whole.ministry() as office:
        found = Counter((item["code"], item["id"]) for item in _pages(office, f"/api/v1/{collection}"))
    assert {pair: found[pair] for pair in promised.items()} == dict.fromkeys(promised.items(), 1)


def test_the_feed_tells_each_change_once_and_in_order(kept: tuple[Platform, Whole, Ledger]) -> None:
    _, whole, ledger = kept
    with whole.ministry() as office:
        told = {
            source: [event["data"] for event in _feed(office, source)] for source in ("registry", "projects")
        }
    zones, projects = _by_object(told["registry"]), _by_object(told["projects"])
    for code, zone_id in ledger.zones.items():
        events = zones[zone_id]
        assert [event["version"] for event in events] == list(range(1, len(events) + 1)), code
        notes = [event["resource"]["note"] for event in events[1:]]
        assert len(set(notes)) == len(notes), code
        accepted = ledger.notes.get(code, [])
        assert [note for note in notes if note in accepted] == accepted, code
    for code, project_id in ledger.projects.items():
        assert [event["version"] for event in projects[project_id]][:1] == [1], code


def test_every_replica_is_what_the_api_answers(kept: tuple[Platform, Whole, Ledger]) -> None:
    platform, whole, ledger = kept
    cluster = platform.supervisor.cluster
    assert cluster is not None
    with whole.ministry() as office:
        versions = {item["id"]: item["version"] for item in _pages(office, "/api/v1/zones")}
    assert set(ledger.zones.values()) <= set(versions)
    for service in ("projects", "evaluation"):
        until(
            lambda service=service: asyncio.run(_replica(cluster.url("sdz"), service)) == versions,  # type: ignore[misc]
            f"the replica of {service} differs",
        )


async def _replica(url: str, service: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            f"SELECT id::text, version FROM {service}.replica WHERE kind = 'zone' AND NOT deleted"
        )
    finally:
        await connection.close()
    return {row["id"]: row["version"] for row in rows}


def _by_object(events: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for event in events:
        found.setdefault(event["id"], []).append(event)
    return found


def _pages(office: httpx.Client, path: str) -> Iterator[Any]:
    cursor = ""
    while True:
        answer = office.get(f"{path}?limit=500{cursor}").json()
        yield from answer["items"]
        if answer["page"]["next_cursor"] is None:
            return
        cursor = f"&cursor={answer['page']['next_cursor']}"


def _feed(office: httpx.Client, source: str) -> Iterator[Any]:
    after = "0"
    while True:
        answer = office.get(f"/api/v1/changes?source={source}&after={after}&limit=1000").json()
        yield from answer["items"]
        after = answer["next_after"]
        if answer["up_to_date"]:
            return
