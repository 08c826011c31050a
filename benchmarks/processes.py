"""Processes under measurement: started, waited for, and their CPU time read from /proc."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sdz.settings import CHECKOUT
from sdz.trouble import Trouble

_TICKS = os.sysconf("SC_CLK_TCK")
_PATIENCE = 20.0


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time of the processes since their start, all threads included (proc(5), stat)."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def with_children(pid: int) -> list[int]:
    """The process and those that it has started."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [pid, *(child for text in listed.split() for child in with_children(int(text)))]


@contextmanager
def uvicorn(
    application: str, port: int, environment: Mapping[str, str] | None = None, options: Sequence[str] = ()
) -> Iterator[int]:
    """An application factory as the platform starts its services, for the length of a block; its pid."""
    command = [
        sys.executable, "-m", "uvicorn", application, "--factory", "--host", "127.0.0.1",
        "--port", str(port), "--no-access-log", "--no-server-header", "--log-level", "warning", *options,
    ]  # fmt: skip
    with running(command, port, environment) as pid:
        yield pid


@contextmanager
def running(command: Sequence[str], port: int, environment: Mapping[str, str] | None = None) -> Iterator[int]:
    """A process that listens on `port` of this machine, for the length of a block."""
    process = subprocess.Popen(  # noqa: S603
        command, cwd=CHECKOUT, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise Trouble(f"nothing listens on port {port}", f"run it by hand: {' '.join(map(str, process.args))}")  # type: ignore[arg-type]  # a list
