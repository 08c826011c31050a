"""Folders that an unprivileged server can reach, and the way to be somebody else."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sdz.embedded.binaries import Binaries, copy_for_other_user, find_binaries
from sdz.settings import read_settings
from sdz.system_users import server_user

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder through which every user may pass (pytest's own are closed to others)."""
    folder = Path(tempfile.mkdtemp(prefix="sdz-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def binaries() -> Iterator[Binaries]:
    """The server's programs, readable by the server's user."""
    found = find_binaries(read_settings().postgres_bin)
    if server_user() is None:
        yield found
        return
    folder = Path(tempfile.mkdtemp(prefix="sdz-test-"))
    folder.chmod(0o711)
    yield copy_for_other_user(found, folder)
    shutil.rmtree(folder)


def as_ordinary_user(*arguments: str) -> list[str]:
    """A command of this Python for a user without rights: as it is, or as nobody when we are root.

    Reading is let through everywhere, since the interpreter may lie in root's home; writing is not.
    """
    command = [sys.executable, *arguments]
    if os.geteuid() != 0:
        return command
    reading = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *reading, *command]


def give_to_ordinary_user(folder: Path) -> None:
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
