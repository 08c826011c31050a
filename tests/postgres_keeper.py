"""Keeps one database server for all test processes of this checkout, and stops it when the last has left.

Test processes hold a shared lock on `users`; the keeper waits for the exclusive one. The kernel gives a lock
back when its holder ends, however it ends, so a killed test run leaves no server.
"""

import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from sdz.atomic_files import write_whole
from sdz.embedded.binaries import copy_for_other_user, find_binaries
from sdz.embedded.cluster import Cluster
from sdz.embedded.leftovers import stop_leftover_server
from sdz.system_users import server_user
from sdz.trouble import Trouble


def keep(base: Path) -> None:
    """Serve from `base`; says `ready` on standard output, or what went wrong."""
    with (base / "keeper").open("w") as mine, (base / "users").open("w") as users:
        fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
        folder = base / "database"
        stop_leftover_server(folder / "data")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o711)
        user = server_user()
        binaries = find_binaries(Path(p) if (p := os.environ.get("SDZ_POSTGRES_BIN")) else None)
        if user is not None:
            binaries = copy_for_other_user(binaries, base)
        cluster = Cluster(
            binaries,
            folder,
            os.urandom(16).hex(),
            log=base / "database.log",
            user=user,
            durable=False,
            extra_settings={"max_connections": "400"},
        )
        try:
            cluster.start()
        except Trouble as trouble:
            _answer(str(trouble))
            return
        write_whole(base / "server.json", json.dumps({"admin_url": cluster.url()}), 0o600)
        _answer("ready")
        fcntl.flock(users, fcntl.LOCK_EX)
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
        (base / "server.json").unlink()
        # Newcomers wait for `users`: when they get it, they must find no keeper.
        fcntl.flock(mine, fcntl.LOCK_UN)


def _answer(line: str) -> None:
    """Tell who started us, and let go of the pipe."""
    print(line, flush=True)  # noqa: T201
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
