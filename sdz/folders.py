"""The folders of one installation, and the one place that decides where they are."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sdz.settings import Settings
from sdz.system_users import SystemUser, server_user
from sdz.trouble import Trouble

ROOT_DATABASES: Final = Path("/var/lib/sdz")


@dataclass(frozen=True)
class Folders:
    """`data` belongs to whoever runs the command; `database` holds what the server must be able to reach."""

    data: Path
    database: Path
    server_user: SystemUser | None
    """Whom the server runs as; None means the user who runs the command."""

    @property
    def secrets(self) -> Path:
        return self.data / "secrets"

    @property
    def public_keys(self) -> Path:
        return self.data / "keys" / "public"

    @property
    def logs(self) -> Path:
        return self.data / "logs"

    @property
    def run(self) -> Path:
        return self.data / "run"


def resolve(settings: Settings) -> Folders:
    """The folders that the settings name.

    As root the server's files lie outside root's home (an unprivileged server could not enter it), in a
    folder of their own for each data folder.
    """
    data = settings.data.expanduser().resolve()
    user = server_user()
    if settings.database_folder is not None:
        database = settings.database_folder.expanduser().resolve()
    elif user is not None:
        database = ROOT_DATABASES / hashlib.sha256(str(data).encode()).hexdigest()[:12]
    else:
        database = data / "database"
    return Folders(data, database, user)


def prepare(folders: Folders) -> None:
    """Create what is missing; `Trouble` when a folder cannot be written."""
    for folder, mode in (
        (folders.data, 0o755),
        (folders.secrets, 0o700),
        (folders.public_keys, 0o755),
        (folders.logs, 0o750),
        (folders.run, 0o755),
        (folders.database, 0o711),
    ):
        _create(folder, mode)
        require_writable(folder)
    # The folder's name is a hash: whoever finds it should learn whose it is.
    (folders.database / "belongs-to").write_text(f"{folders.data}\n", encoding="utf-8")


def require_writable(folder: Path) -> None:
    """Raise `Trouble` unless a file can be made in `folder`."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise Trouble(
            f"cannot write in {folder}: {error.strerror} 文件夹不可写",
            "give it to this user, free space on its disk, or name another folder with SDZ_DATA",
        ) from None


@contextmanager
def throw_away_folders() -> Iterator[Folders]:
    """Folders of an installation that ends with the block; nothing of it stays."""
    base = Path(tempfile.mkdtemp(prefix="sdz-"))
    try:
        base.chmod(0o711)  # the server's user passes through, and can list nothing
        yield Folders(base / "data", base / "database", server_user())
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _create(folder: Path, mode: int) -> None:
    """Make the folder with `mode` whatever the umask; one that exists keeps its permissions."""
    if folder.is_dir():
        return
    try:
        missing = [p for p in folder.parents if not p.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(mode)
        for parent in missing:
            parent.chmod(0o755)
    except OSError as error:
        raise Trouble(
            f"cannot create {folder}: {error.strerror} 无法创建文件夹",
            "name a folder that this user can write with SDZ_DATA",
        ) from None


def own(path: Path, user: SystemUser | None) -> None:
    """Give a path that we made to the server's user."""
    if user is not None:
        os.chown(path, user.uid, user.gid)
