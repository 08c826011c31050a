"""Questions about processes that are not our children, answered from /proc (where there is one)."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def processes_in(folder: Path) -> list[int]:
    """Ids of the processes whose current folder is `folder`: of a database folder, its server's processes."""
    wanted = str(folder)
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if str((entry / "cwd").readlink()) == wanted:
                found.append(int(entry.name))
        except OSError:  # ended meanwhile, or not ours to look at
            continue
    return sorted(found)


def start_time(pid: int) -> int | None:
    """When the process started, in clock ticks since boot: with the id it names one process for ever.

    None when there is no such process, or it has ended and only waits to be collected.
    """
    try:
        # The second field is the program's name in brackets and may itself hold brackets and blanks.
        fields = (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return None
    return None if fields[0] in {"Z", "X"} else int(fields[19])


def exists(pid: int) -> bool:
    """Whether any process has this id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def comes_true(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait up to `seconds` for the condition; whether it came."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.05)
    return True
