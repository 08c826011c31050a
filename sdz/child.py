"""One service process: started, asked whether it is ready, started again when it died, stopped."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sdz.log_files import rotate
from sdz.settings import CHECKOUT
from sdz.tether import spawn

GRACE: Final = 10
"""Seconds that requests in progress have at a shutdown."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 30.0
STEADY: Final = 60.0
"""A child that lived so long has recovered: the next pause is the first one again."""


class Child:
    """A service that listens on one port for as long as the platform runs."""

    def __init__(
        self, name: str, *, application: str, host: str, port: int, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.host = host
        self.port = port
        self.log = log
        self._environment = environment
        self._command = [
            sys.executable, "-m", "uvicorn", application, "--factory",
            "--host", host, "--port", str(port),
            "--no-access-log", "--no-server-header",
            "--timeout-graceful-shutdown", str(GRACE),
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._pause = FIRST_PAUSE
        self._again_at: float | None = None
        rotate(log)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = spawn(
                self._command,
                # Without us nobody would wait for its requests, and the database goes at the same moment.
                death_signal=signal.SIGKILL,
                output=output,
                cwd=CHECKOUT,
                environment=self._environment,
            )
        self._started_at = time.monotonic()
        self._again_at = None

    def exit_status(self) -> int | None:
        """How the process ended; None while it runs (or was never started)."""
        return self._process.poll() if self._process is not None else None

    def is_ready(self) -> bool:
        """Whether `/readyz` answers 200 within a second."""
        address = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104
        connection = http.client.HTTPConnection(address, self.port, timeout=1.0)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def restart_when_due(self) -> str | None:
        """Start a dead process again after a pause that doubles each time; what there is to say about it."""
        status = self.exit_status()
        if status is None:
            return None
        now = time.monotonic()
        if self._again_at is None:
            if now - self._started_at > STEADY:
                self._pause = FIRST_PAUSE
            pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
            self._again_at = now + pause
            return (
                f"{self.name} ended ({describe(status)}); it is started again in {pause:g} s, see {self.log}"
            )
        if now < self._again_at:
            return None
        self._end_session()
        self.start()
        return f"{self.name} was started again"

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()

    def wait_until_stopped(self, seconds: float) -> None:
        """Wait for the end of a process that was asked to stop, then end it and all of its session."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, seconds))
        self._end_session()
        self._process.wait()
        self._process = None

    def _end_session(self) -> None:
        """End what is left of the session: the process itself, or workers that it had started."""
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def describe(status: int) -> str:
    """An exit status in words."""
    if status < 0:
        with suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"status {status}"
