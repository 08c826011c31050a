"""`postmaster.pid`, the note that a running PostgreSQL server keeps in its data folder.

Its lines: process id, data folder, start, port, socket folder, address, shared memory, and what it is at
(`starting`, `ready`, `stopping`): `src/include/utils/pidfile.h` of PostgreSQL.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PostmasterNote:
    pid: int
    status: str


def read_note(data: Path) -> PostmasterNote | None:
    """The note in this data folder; None when there is none or it is still being written."""
    try:
        lines = (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return PostmasterNote(abs(int(lines[0])), lines[7].strip() if len(lines) > 7 else "")
    except (OSError, ValueError, IndexError):
        return None
