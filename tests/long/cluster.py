"""A throw-away database server of its own, which can be crashed, copied and put back."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdz.embedded.binaries import copy_for_other_user, find_binaries
from sdz.embedded.cluster import Cluster
from sdz.system_users import server_user


class OwnServer:
    """A cluster in a folder of its own. Its commits survive its processes, though not the machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "server"
        self._folder.mkdir(mode=0o711)
        user = server_user()
        binaries = find_binaries(Path(p) if (p := os.environ.get("SDZ_POSTGRES_BIN")) else None)
        if user is not None:
            binaries = copy_for_other_user(binaries, folder)
        self.cluster = Cluster(
            binaries,
            self._folder,
            os.urandom(16).hex(),
            log=folder / "server.log",
            user=user,
            durable=False,
            extra_settings={"max_connections": "300", "synchronous_commit": "on"},
        )
        self.cluster.start()

    def crash(self) -> None:
        """An immediate stop, and a start that recovers from the log, on the same port."""
        pid = self.cluster.pid
        assert pid is not None
        os.kill(pid, signal.SIGQUIT)
        self.cluster.stop()
        self.cluster.start()

    def copy(self, to: Path) -> None:
        """A cold copy of the data folder."""
        self.cluster.stop()
        shutil.copytree(self.cluster.data, to, symlinks=True, copy_function=_copy_owned)
        _own_like(self.cluster.data, to)
        self.cluster.start()

    def put_back(self, copy: Path) -> None:
        """Go on from the copy, as one who restores a backup does."""
        self.cluster.stop()
        shutil.rmtree(self.cluster.data)
        copy.rename(self.cluster.data)
        self.cluster.start()


def _copy_owned(source: str, target: str) -> str:
    shutil.copy2(source, target)
    owner = Path(source).stat()
    os.chown(target, owner.st_uid, owner.st_gid)
    return target


def _own_like(source: Path, target: Path) -> None:
    for folder, _, _ in os.walk(source):
        owner = Path(folder).stat()
        place = target / Path(folder).relative_to(source)
        os.chown(place, owner.st_uid, owner.st_gid)
        place.chmod(owner.st_mode & 0o7777)


@contextmanager
def own_server() -> Iterator[OwnServer]:
    """A server for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="sdz-long-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the server's user must get through
        server = OwnServer(folder)
        try:
            yield server
        finally:
            server.cluster.stop()
