"""The feed's proofs: under writers, kills and crashes; and after a restore of an older copy."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chassis.feed.comparing import differing_buckets
from chassis.feed.recovery import follow_or_recover
from sdz.migrate import migrate
from services.projects.app import SERVICE as PROJECTS
from services.registry.app import SERVICE as REGISTRY
from tests.long.cluster import own_server
from tests.long.feed import prove
from tests.long_form import LONG
from tests.postgres import ServiceDatabases, new_service_databases
from tests.registry.builders import DIVISIONS, zone
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running

if LONG:  # the short form stands in tests/chassis/feed/test_concurrent_feed.py

    def test_nothing_is_lost_doubled_or_inverted_whatever_is_killed() -> None:
        figures = prove(100_000, 24)
        assert figures.ok, figures
        assert figures.events >= 100_000
        assert figures.rolled_back > 0
        assert figures.crashes > 0


@pytest.mark.parametrize("longer", [False, True] if LONG else [True])
def test_after_an_older_copy_of_the_database_is_put_back_its_consumer_holds_the_same(
    service_databases: ServiceDatabases, tmp_path: Path, longer: bool
) -> None:
    keys = KeyRing.make(tmp_path / "keys")
    with own_server() as server, new_service_databases(server.cluster.url()) as theirs:
        migrate(theirs.owner_environment())

        async def stage(codes: list[str], *, first: bool = False) -> tuple[int, list[int]]:
            """Zones are made and followed; events applied, and buckets that differ at the end."""
            async with AsyncExitStack() as stack:
                registry = await stack.enter_async_context(running(REGISTRY, theirs, keys, emptied=first))
                peers = {"registry": registry.transport}
                projects = await stack.enter_async_context(
                    running(PROJECTS, service_databases, keys, peers=peers, emptied=first)
                )
                await _make_zones(registry, codes, divisions=first)
                runtime, applied = projects.runtime, 0
                peer, apply = runtime.peers["registry"], PROJECTS.follows["registry"]
                while more := await follow_or_recover(runtime.database, peer, "registry", apply):
                    applied += more
                return applied, await differing_buckets(runtime.database, peer, "registry", "zone")

        assert asyncio.run(stage(["Z-1", "Z-2"], first=True)) == (2, [])
        copy = server.cluster.data.parent / "copy"
        server.copy(copy)
        assert asyncio.run(stage(["Z-3", "Z-4", "Z-5"])) == (3, [])
        server.put_back(copy)
        new = [f"Y-{number}" for number in range(1, 7)] if longer else ["Y-1"]
        applied, differing = asyncio.run(stage(new))
        assert differing == []
        assert applied == 2 + len(new) + 3  # all of the snapshot, and three that are no more


async def _make_zones(registry: RunningService, codes: list[str], *, divisions: bool) -> None:
    async with registry.client(ministry()) as office:
        if divisions:
            sheet = csv_text(DIVISIONS)
            headers = {"content-type": "text/csv"}
            answer = await office.post(
                "/api/v1/divisions/imports?commit=true", content=sheet, headers=headers
            )
            assert answer.status_code == 200, answer.text
        for code in codes:
            assert (await office.post("/api/v1/zones", json=zone(code))).status_code == 201
    await registry.number_events()
