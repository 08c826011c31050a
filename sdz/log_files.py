"""The log files of the children: kept for a few starts, and shown on request."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

KEPT: Final = 3


def rotate(log: Path) -> None:
    """Put last start's file aside (`.1` is the newest of the old ones)."""
    for number in range(KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    if log.exists():
        log.replace(log.with_name(f"{log.name}.1"))


def last_lines(log: Path, count: int) -> list[str]:
    """The last lines that are not empty; none when there is no file."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 65536))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [line for line in lines if line.strip()][-count:]


class LogFollower:
    """Shows what is added to a file, each line with the name of its child."""

    def __init__(self, name: str, log: Path, show: Callable[[str], None]) -> None:
        self._name = name
        self._log = log
        self._show = show
        self._read = 0

    def show_new(self) -> None:
        """Show the complete lines that were added since the last call."""
        try:
            with self._log.open("rb") as file:
                file.seek(self._read)
                added = file.read()
        except OSError:
            return
        complete = added[: added.rfind(b"\n") + 1]
        self._read += len(complete)
        for line in complete.decode("utf-8", "replace").splitlines():
            self._show(f"{self._name:<10} | {line}")
