"""A note of the children that run, for whoever starts next after we were killed."""

import json
import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from sdz.atomic_files import write_whole
from sdz.process_table import comes_true, start_time


@dataclass(frozen=True)
class RecordedProcess:
    """A process, and when it started: its number alone may have gone to another since."""

    name: str
    pid: int
    started: int

    def is_alive(self) -> bool:
        return start_time(self.pid) == self.started


def write_record(record: Path, pids: dict[str, int]) -> None:
    """Replace the note by these processes (by name)."""
    processes = [
        asdict(RecordedProcess(name, pid, started))
        for name, pid in pids.items()
        if (started := start_time(pid)) is not None
    ]
    write_whole(record, json.dumps(processes, indent=1), 0o644)


def left_behind(record: Path) -> list[RecordedProcess]:
    """Processes of the note that still run. Ask it only when nobody holds the folder."""
    try:
        noted = [RecordedProcess(**entry) for entry in json.loads(record.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError):
        return []
    return [process for process in noted if process.is_alive()]


def end_left_behind(record: Path) -> list[RecordedProcess]:
    """End the service processes of the note that still run, each with its session; answers them.

    The database server is not among them: it must close its cluster, which `Cluster.start` sees to.
    """
    found = [process for process in left_behind(record) if process.name != "database"]
    for number, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for process in found:
            if process.is_alive():
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, number)
        if comes_true(lambda: not any(process.is_alive() for process in found), seconds):
            break
    return found
