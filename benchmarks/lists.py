"""The registry in this process on a database of its own, for benchmarks of lists."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
import httpx

from benchmarks.benchmark import Case
from benchmarks.world import World
from services.registry.app import SERVICE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, RunningService, ministry, running

_TIMES = 30


@dataclass(frozen=True)
class Lists:
    """A registry that answers the lists of a collection; what it holds is put in by statements or a sheet."""

    runner: asyncio.Runner
    service: RunningService
    databases: ServiceDatabases
    collection: str

    def execute(self, *statements: str) -> None:
        """As the administrator, in the registry's schema."""

        async def run() -> None:
            connection = await asyncpg.connect(
                self.databases.admin_url, server_settings={"search_path": "registry, extensions"}
            )
            try:
                for statement in statements:
                    await connection.execute(statement, timeout=1800)
            finally:
                await connection.close()

        self.runner.run(run())

    def load(self, csv: str) -> None:
        """Import a sheet."""

        async def run() -> None:
            async with self.service.client(ministry()) as office:
                path = f"/api/v1/{self.collection}/imports?commit=true"
                answer = await office.post(path, content=csv, headers={"content-type": "text/csv"})
                assert answer.status_code == 200, answer.text

        self.runner.run(run())

    def get(self, query: str) -> httpx.Response:
        return self.runner.run(self._get(query, 1))

    async def _get(self, query: str, times: int) -> httpx.Response:
        async with self.service.client(ministry()) as office:
            for _ in range(times):
                answer = await office.get(f"/api/v1/{self.collection}?{query}")
                assert answer.status_code == 200, answer.text
        return answer

    def case(self, query: str) -> Case:
        """Milliseconds of one list, with all that the service does for it."""

        def measure() -> dict[str, float]:
            begun = time.perf_counter()
            self.runner.run(self._get(query, _TIMES))
            return {"ms": (time.perf_counter() - begun) / _TIMES * 1000}

        return measure


@contextmanager
def open_lists(world: World, collection: str = "zones") -> Iterator[Lists]:
    """A registry with one division, of the code 420102, and nothing else."""
    with (
        world.new_databases() as databases,
        TemporaryDirectory(prefix="sdz-bench-keys-") as folder,
        asyncio.Runner() as runner,
    ):
        started = running(SERVICE, databases, KeyRing.make(Path(folder) / "keys"))
        service = runner.run(started.__aenter__())
        try:
            lists = Lists(runner, service, databases, collection)
            lists.execute(_DIVISION)
            yield lists
        finally:
            runner.run(started.__aexit__(None, None, None))


_DIVISION = """
    INSERT INTO division (id, version, created_by, updated_by, system, code, name, level, path, first_edition,
                          search_terms, search_text, search_sounds, name_key)
    VALUES (gen_random_uuid(), 1, 'b', 'b', 'gbt2260', '420102', '江岸区', 'county',
            '{420000,420100,420102}', '198012', '', '', '', 'jiang')
"""
