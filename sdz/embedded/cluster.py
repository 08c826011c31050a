"""One PostgreSQL cluster that lives in a folder and is served as long as we live."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sdz.atomic_files import write_whole
from sdz.database_urls import ADMINISTRATOR, build_url
from sdz.embedded.binaries import Binaries
from sdz.embedded.initdb import create_cluster
from sdz.embedded.leftovers import stop_leftover_server
from sdz.embedded.postmaster_file import read_note
from sdz.free_ports import free_port, is_free
from sdz.system_users import SystemUser
from sdz.tether import spawn
from sdz.trouble import Trouble

PATIENCE: Final = 300.0  # recovery after a crash replays up to max_wal_size

# For a small host: four services with small pools, and little memory taken before it is needed.
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # one way in, and it asks for a password
    "max_connections": "120",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "password_encryption": "scram-sha-256",
}
NOT_DURABLE: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """A server on a free loopback port. Hold the installation's lock while you use one."""

    def __init__(
        self,
        binaries: Binaries,
        folder: Path,
        admin_password: str,
        *,
        log: Path,
        user: SystemUser | None = None,
        durable: bool = True,
        extra_settings: dict[str, str] | None = None,
    ) -> None:
        """`folder` exists and is ours; `user` is whom the server runs as when we are root.

        `durable=False` never waits for the disk: for tests and demonstrations that are thrown away.
        """
        self._binaries = binaries
        self._folder = folder
        self._password = admin_password
        self._log = log
        self._user = user
        self._durable = durable
        self._extra_settings = extra_settings or {}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.found_running = False
        """Whether the last start met a server that a killed parent had left, and stopped it."""

    @property
    def data(self) -> Path:
        return self._folder / "data"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def url(self, database: str = "postgres") -> str:
        """The administrator's address."""
        return build_url(ADMINISTRATOR, self._password, "127.0.0.1", self.port, database)

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Make the cluster if there is none, start its server and wait until it takes connections.

        `Trouble` when the programs do not fit the data, or the server does not come up.
        """
        if self.data.exists():
            self._require_same_major()
            self.found_running = stop_leftover_server(self.data)
        else:
            create_cluster(self._binaries, self.data, self._password, user=self._user, durable=self._durable)
        for port in self._ports():
            self._spawn(port)
            if self._becomes_ready():
                self.port = port
                write_whole(self._folder / "port", f"{port}\n", 0o644)
                return
            if is_free(port):
                raise Trouble(f"the database server did not start: {self._last_words()}", f"see {self._log}")
        raise Trouble("the database server found no free port", "end programs that hold many ports")

    def stop(self) -> None:
        """Close every connection and stop (PostgreSQL's fast shutdown); harder when that does not help."""
        process = self._process
        if process is None:
            return
        for number, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            if process.poll() is not None:
                break
            process.send_signal(number)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def _require_same_major(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        if made_by != str(self._binaries.major):
            raise Trouble(
                f"the database in {self._folder} was made by PostgreSQL {made_by},"
                f" the programs found are {self._binaries.version}",
                f"name the bin folder of a PostgreSQL {made_by} in SDZ_POSTGRES_BIN, or use pg_upgrade",
            )

    def _ports(self) -> Iterator[int]:
        """The port of last time, so that a noted address stays right; then others."""
        try:
            last = int((self._folder / "port").read_text(encoding="ascii"))
        except (OSError, ValueError):
            last = 0
        if last and is_free(last):
            yield last
        for _ in range(5):
            yield free_port()

    def _spawn(self, port: int) -> None:
        settings = (
            SETTINGS | ({} if self._durable else NOT_DURABLE) | self._extra_settings | {"port": str(port)}
        )
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self._log.open("ab") as output:
            self._process = spawn(
                [self._binaries.postgres, "-D", self.data, *options],
                death_signal=signal.SIGINT,  # a fast shutdown: the cluster is closed, not crashed
                output=output,
                cwd=Path("/"),
                environment={"PATH": os.defpath, "LC_ALL": "C"},
                user=self._user,
            )

    def _becomes_ready(self) -> bool:
        """Wait for the note in the data folder, as `pg_ctl` does; False when the server gave up."""
        process = self._process
        assert process is not None
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None:
            note = read_note(self.data)
            if note is not None and note.pid == process.pid and note.status == "ready":
                return True
            if time.monotonic() > deadline:
                self.stop()
                break
            time.sleep(0.03)
        return False

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-20:]
        fatal = [line for line in lines if "FATAL:" in line or "error" in line.lower()]
        return (fatal or lines or ["no word in its log"])[-1]
