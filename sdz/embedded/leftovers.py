"""What a crash left in a database folder: a live server, its orphans, or only its note."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from sdz.embedded.postmaster_file import read_note
from sdz.process_table import comes_true, exists, processes_in


def stop_leftover_server(data: Path) -> bool:
    """Make the folder free for a new server; whether one was found running.

    Call it only under the lock of the installation: then no server in this folder is anyone else's.
    """
    found = processes_in(data)
    if found:
        _end(data, found)
    note = read_note(data)
    # PostgreSQL itself removes the note of a dead server. It refuses to start, though, when another process
    # has got that number since, as happens in containers, where the numbers are small.
    if note is not None and exists(note.pid) and note.pid not in processes_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
    return bool(found)


def _end(data: Path, found: list[int]) -> None:
    """Ask the server to close its clients and stop; then the processes that stay, ever less politely."""
    note = read_note(data)
    if note is not None and note.pid in found:
        _signal([note.pid], signal.SIGINT)
    # Processes whose server is dead notice it and leave by themselves.
    for seconds, harder in ((20.0, signal.SIGQUIT), (5.0, signal.SIGKILL), (5.0, None)):
        if comes_true(lambda: not processes_in(data), seconds):
            return
        if harder is not None:
            _signal(processes_in(data), harder)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
