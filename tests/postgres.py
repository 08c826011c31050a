"""Fixtures of the database: one server for a whole run, one database for each test process."""

import asyncio
import fcntl
import hashlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from sdz.bootstrap import bootstrap, quoted
from sdz.database_urls import owner_variable
from sdz.migrate import migrate
from sdz.services import SERVICES

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class ServiceDatabases:
    """One database with the schemas and roles of all four services."""

    server_url: str
    database: str
    prefix: str
    passwords: dict[str, str]

    @property
    def admin_url(self) -> str:
        """The administrator's address of this database."""
        return _replaced(self.server_url, database=self.database)

    def url(self, service: str) -> str:
        """The address that the service uses (runtime role)."""
        return self.role_url(service, self.passwords[service])

    def owner_url(self, service: str) -> str:
        """The address that the service's migrations use."""
        return self.role_url(f"{service}_owner", self.passwords[f"{service}_owner"])

    def role_url(self, role: str, password: str) -> str:
        return _replaced(self.server_url, database=self.database, login=f"{self.prefix}{role}:{password}")

    def owner_environment(self) -> dict[str, str]:
        """The variables that `sdz migrate` reads."""
        return {owner_variable(service): self.owner_url(service) for service in SERVICES}


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Administrator's address of a server: that of SDZ_TEST_DATABASE, else an embedded one that all share."""
    if given := os.environ.get("SDZ_TEST_DATABASE"):
        yield given
        return
    with shared_server() as url:
        yield url


@pytest.fixture(scope="session")
def service_databases(postgres: str) -> Iterator[ServiceDatabases]:
    """A bootstrapped and migrated database of this test process."""
    with new_service_databases(postgres) as databases:
        migrate(databases.owner_environment())
        yield databases


@contextmanager
def new_service_databases(server_url: str) -> Iterator[ServiceDatabases]:
    """A bootstrapped database without tables, for the length of a block."""
    token = secrets.token_hex(4)
    passwords = {f"{s}{part}": secrets.token_hex(8) for s in SERVICES for part in ("", "_owner")}
    databases = ServiceDatabases(server_url, f"sdz_test_{token}", f"t{token}_", passwords)
    asyncio.run(bootstrap(server_url, databases.database, passwords, prefix=databases.prefix))
    try:
        yield databases
    finally:
        asyncio.run(_drop(databases))


async def _drop(databases: ServiceDatabases) -> None:
    connection = await asyncpg.connect(databases.server_url)
    try:
        await connection.execute(f"DROP DATABASE {quoted(databases.database)} WITH (FORCE)")
        for role in databases.passwords:
            await connection.execute(f"DROP ROLE {quoted(databases.prefix + role)}")
    finally:
        await connection.close()


@contextmanager
def shared_server() -> Iterator[str]:
    """The server of `postgres_keeper`, started by whoever comes first."""
    base = _shared_folder()
    with (base / "gate").open("w") as gate, (base / "users").open("w") as users:
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_SH)  # a keeper that is just leaving holds it until it has gone
        if not _is_locked(base / "keeper"):
            _start_keeper(base)
        fcntl.flock(gate, fcntl.LOCK_UN)
        yield json.loads((base / "server.json").read_text(encoding="utf-8"))["admin_url"]


def _shared_folder() -> Path:
    name = hashlib.sha256(f"{CHECKOUT} {os.environ.get('SDZ_POSTGRES_BIN', '')}".encode()).hexdigest()[:8]
    base = Path(tempfile.gettempdir()) / f"sdz-tests-{os.getuid()}-{name}"
    base.mkdir(mode=0o711, exist_ok=True)
    assert base.stat().st_uid == os.getuid(), f"{base} belongs to somebody else"
    base.chmod(0o711)  # the server's user must get through
    return base


def _start_keeper(base: Path) -> None:
    """Start the keeper, which outlives us and is waited for by nobody, and read its answer."""
    log = base / "keeper.log"
    reading, writing = os.pipe()
    os.posix_spawn(
        sys.executable,
        [sys.executable, "-m", "tests.postgres_keeper", str(base)],
        {**os.environ, "PYTHONPATH": str(CHECKOUT)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_DUP2, writing, 1),
            (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        ],
        setsid=True,  # Ctrl-C reaches the tests; the keeper sees them leave
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.readline().strip()
    assert answer == "ready", f"no test database: {answer or log.read_text()}"


def _is_locked(path: Path) -> bool:
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _replaced(url: str, *, database: str, login: str | None = None) -> str:
    parts = urlsplit(url)
    netloc = parts.netloc if login is None else f"{login}@{parts.netloc.rpartition('@')[2]}"
    return urlunsplit((parts.scheme, netloc, f"/{database}", parts.query, ""))
