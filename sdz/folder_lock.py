"""One `sdz up` for one data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sdz.trouble import Trouble


@contextmanager
def folder_lock(run: Path) -> Iterator[None]:
    """Hold the data folder while the block runs; `Trouble` says who holds it already.

    The kernel gives the lock back when its holder ends, however it ends: a lock file that stays behind locks
    nothing.
    """
    with (run / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise Trouble(
                f"SDZ is already running on {run.parent} ({holder}) 已在运行",
                "stop it with Ctrl-C where it runs, or name another folder with SDZ_DATA",
            ) from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n")
        file.flush()
        yield
        file.truncate(0)


def is_held(run: Path) -> bool:
    """Whether an `sdz up` holds this folder now."""
    try:
        with (run / "lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False
