"""Children that cannot outlive us."""

import ctypes
import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from sdz.system_users import SystemUser

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def spawn(
    command: Sequence[str | Path],
    *,
    death_signal: int,
    output: IO[bytes] | int,
    cwd: Path,
    environment: Mapping[str, str],
    user: SystemUser | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own; the kernel sends it `death_signal` when we end, however we end.

    A session of its own keeps the terminal's Ctrl-C from reaching it, so that we stop the children in order.
    On Linux only: elsewhere a killed parent leaves its children to the next start, which looks for them.
    Call it from the main thread: the kernel watches the thread that forked.
    """
    with warnings.catch_warnings():
        # Python 3.12 warns of a fork beside threads; what runs between fork and exec takes no lock.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(environment),
            start_new_session=True,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
            preexec_fn=_tie(death_signal),  # noqa: PLW1509
        )


def _tie(death_signal: int) -> Callable[[], None] | None:
    """What the child runs after the change of user (which would clear the setting) and before exec."""
    if sys.platform != "linux":
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl  # looked up here: the child between fork and exec must do little

    def tie() -> None:
        prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:  # the parent ended before the line above took effect
            os._exit(1)

    return tie
