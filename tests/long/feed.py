"""The feed's promise: 0 lost, 0 twice, 0 inverted within an object, whatever is killed.

    python -m tests.long.feed [events] [writers]

Writers with random delays, 15 % of whose transactions roll back; sequencers that are killed and doubled at
random; the database crashed; readers in processes of their own. What was committed is what a table that the
writers change in the same transactions says in the end: a commit whose answer was lost counts as it came out.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database import Database
from chassis.feed.outbox import emit
from sdz.migrate import migrate
from tests.chassis.feed.events import change
from tests.long.cluster import OwnServer, own_server
from tests.postgres import CHECKOUT, ServiceDatabases, new_service_databases
from tests.service_app import KeyRing

OBJECTS, READERS, SEQUENCERS, CRASHES = 400, 3, 2, 3
_LOCK = text("SELECT id, version FROM proof_object WHERE id = ANY (:ids) ORDER BY id FOR UPDATE")
_RAISE = text("UPDATE proof_object SET version = version + 1 WHERE id = ANY (:ids)")
_SLEEP = text("SELECT pg_sleep(:seconds)")


@dataclass
class Figures:
    """What the proof found; `ok` when nothing is wrong."""

    events: int = 0
    rolled_back: int = 0
    crashes: int = 0
    sequencers_killed: int = 0
    reader_failures: int = 0
    lost: int = 0
    twice: int = 0
    inverted: int = 0
    holes: int = 0
    seconds: float = 0.0
    readers: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.lost or self.twice or self.inverted or self.holes)


class Proof:
    """One run against one server."""

    def __init__(self, server: OwnServer, databases: ServiceDatabases, folder: Path, events: int) -> None:
        self.server, self.databases, self.folder = server, databases, folder
        self.wanted, self.figures = events, Figures()
        self.subjects = [uuid4() for _ in range(OBJECTS)]
        self.committed = 0
        self.dice = random.Random(20261124)

    @property
    def url(self) -> str:
        return self.databases.url("registry")

    async def prepare(self) -> None:
        owner = await asyncpg.connect(self.databases.owner_url("registry"))
        try:
            await owner.execute(
                "CREATE TABLE registry.proof_object (id uuid PRIMARY KEY, version int NOT NULL)"
            )
            role = f"{self.databases.prefix}registry"
            await owner.execute(f'GRANT SELECT, UPDATE ON registry.proof_object TO "{role}"')
            await owner.executemany(
                "INSERT INTO registry.proof_object VALUES ($1, 0)", [(subject,) for subject in self.subjects]
            )
        finally:
            await owner.close()

    async def write(self, database: Database, seed: int) -> None:
        dice = random.Random(seed)
        while self.committed < self.wanted:
            chosen = dice.sample(self.subjects, dice.randint(1, 24))
            try:
                await self._transaction(database, chosen, dice)
                self.committed += len(chosen)
            except LookupError:
                self.figures.rolled_back += 1
            except (DBAPIError, OSError, asyncpg.PostgresError):
                await asyncio.sleep(0.2)  # crashed, or locked too long: what came of it the table says

    async def _transaction(self, database: Database, chosen: list[UUID], dice: random.Random) -> None:
        async with database.transaction() as session:
            rows = (await session.execute(_LOCK, {"ids": chosen})).all()
            await session.execute(_RAISE, {"ids": chosen})
            await emit(session, "person:1", [change(row.id, row.version + 1) for row in rows])
            await session.execute(_SLEEP, {"seconds": dice.choice([0.0, 0.0, 0.0, 0.005, 0.03])})
            if dice.random() < 0.15:
                raise LookupError

    async def disturb(self, sequencers: list[subprocess.Popen[bytes]]) -> None:
        """Kill and double sequencers, crash the database, until the writers are done."""
        crashes = [self.wanted * (n + 1) // (CRASHES + 1) for n in range(CRASHES)]
        while self.committed < self.wanted:
            await asyncio.sleep(self.dice.uniform(1.0, 3.0))
            if crashes and self.committed >= crashes[0]:
                crashes.pop(0)
                self.server.crash()  # in this thread: the server ends with the thread that started it
                self.figures.crashes += 1
            if sequencers and self.dice.random() < 0.5:
                victim = sequencers.pop(self.dice.randrange(len(sequencers)))
                victim.kill()
                victim.wait()
                self.figures.sequencers_killed += 1
            while len(sequencers) < self.dice.randint(1, SEQUENCERS + 1):
                sequencers.append(self.start("sequencer", self.url))

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.long.feed_process", *arguments]
        return subprocess.Popen(command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)})

    async def run(self, writers: int) -> Figures:
        started = time.monotonic()
        await self.prepare()
        keys = KeyRing.make(self.folder / "keys")
        outs = [self.folder / f"reader{number}" for number in range(READERS)]
        readers = [
            self.start("reader", self.url, str(keys.folder), str(out), str(limit))
            for out, limit in zip(outs, (50, 500, 1000), strict=True)
        ]
        sequencers = [self.start("sequencer", self.url) for _ in range(SEQUENCERS)]
        database = Database(self.url, "registry", pool_size=writers, pool_wait_seconds=30)
        try:
            await asyncio.gather(
                self.disturb(sequencers), *(self.write(database, seed) for seed in range(writers))
            )
            await database.close()
            sequencers.append(self.start("sequencer", self.url))
            truth = await self.all_numbered()
            for out in outs:
                Path(f"{out}.end").touch()
            for reader in readers:
                assert await asyncio.to_thread(reader.wait, 300) == 0, "a reader failed"
        finally:
            for process in (*sequencers, *readers):
                process.kill()
                process.wait()
        self.figures.events = sum(truth.values())
        for out in outs:
            self.judge(out, truth)
        self.figures.seconds = round(time.monotonic() - started, 1)
        return self.figures

    async def all_numbered(self) -> dict[str, int]:
        """Wait until the outbox is empty; the newest version of each object."""
        connection = await asyncpg.connect(self.databases.admin_url)
        try:
            while await connection.fetchval("SELECT EXISTS (SELECT FROM registry.outbox)"):
                await asyncio.sleep(0.2)
            rows = await connection.fetch("SELECT id, version FROM registry.proof_object")
        finally:
            await connection.close()
        return {str(row["id"]): row["version"] for row in rows}

    def judge(self, out: Path, truth: dict[str, int]) -> None:
        *lines, last = out.read_text().splitlines()
        seen: Counter[tuple[str, int]] = Counter()
        newest: dict[str, int] = {}
        positions: list[int] = []
        for line in lines:
            subject, version, sequence = line.split()
            seen[subject, int(version)] += 1
            self.figures.inverted += int(version) < newest.get(subject, 0)
            newest[subject] = max(int(version), newest.get(subject, 0))
            positions.append(int(sequence))
        wanted = {(subject, n) for subject, top in truth.items() for n in range(1, top + 1)}
        self.figures.lost += len(wanted - seen.keys())
        self.figures.twice += sum(count - 1 for count in seen.values()) + len(seen.keys() - wanted)
        self.figures.holes += positions != list(range(1, len(positions) + 1))
        self.figures.reader_failures += int(last.split()[1])
        self.figures.readers.append(len(lines))


def prove(events: int, writers: int) -> Figures:
    """Run the proof on a throw-away server."""
    with own_server() as server, new_service_databases(server.cluster.url()) as databases:
        migrate(databases.owner_environment())
        folder = Path(server.cluster.data).parent.parent
        return asyncio.run(Proof(server, databases, folder, events).run(writers))


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    figures = prove(*(given + [100_000, 24][len(given) :]))
    print(figures)  # noqa: T201
    sys.exit(not figures.ok)
