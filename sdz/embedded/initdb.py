"""Make a new cluster, whole or not at all."""

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

from sdz.database_urls import ADMINISTRATOR
from sdz.embedded.binaries import Binaries
from sdz.folders import own
from sdz.process_table import comes_true, processes_in
from sdz.system_users import SystemUser
from sdz.tether import spawn
from sdz.trouble import Trouble


def create_cluster(
    binaries: Binaries, data: Path, admin_password: str, *, user: SystemUser | None, durable: bool
) -> None:
    """Run `initdb` with passwords (scram-sha-256) for every connection and put the result at `data`.

    It works in a folder beside the target and renames that at the end: what an interrupted run left is
    thrown away, and a folder named `data` is always complete.
    """
    draft = data.with_name(f"{data.name}.new")
    password_file = data.with_name("initdb-password")
    _throw_away(draft)
    password_file.unlink(missing_ok=True)
    draft.mkdir(mode=0o700)
    own(draft, user)
    try:
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(f"{admin_password}\n")
        own(password_file, user)
        _run_initdb(_arguments(binaries, draft, password_file, durable), user)
    finally:
        password_file.unlink(missing_ok=True)
    draft.rename(data)
    _flush_folder(data.parent)


def _throw_away(draft: Path) -> None:
    """Remove what an interrupted run left; the server process of a killed `initdb` may still write there."""

    def is_gone() -> bool:
        for pid in processes_in(draft):
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(draft, ignore_errors=True)
        return not draft.exists()

    if not comes_true(is_gone, 10.0):
        raise Trouble(f"cannot remove {draft}, left by an interrupted start", f"rm -r {draft}")


def _arguments(binaries: Binaries, draft: Path, password_file: Path, durable: bool) -> list[str | Path]:
    # The builtin provider knows upper and lower case in every script and, unlike libc's locales, does not
    # change with the operating system (an index ordered by one libc is corrupt under another).
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    return [
        binaries.initdb,
        f"--pgdata={draft}",
        f"--username={ADMINISTRATOR}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *locale,
        "--data-checksums",
        "--no-instructions",
        *([] if durable else ["--no-sync"]),
    ]


def _run_initdb(arguments: list[str | Path], user: SystemUser | None) -> None:
    with tempfile.TemporaryFile() as output:
        try:
            process = spawn(
                arguments,
                death_signal=signal.SIGKILL,
                output=output,
                cwd=Path("/"),
                environment={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                user=user,
            )
        except (OSError, subprocess.SubprocessError) as error:
            who = f" as {user.name}" if user else ""
            raise Trouble(
                f"cannot run {arguments[0]}{who}: {error}",
                "name programs that this user can read with SDZ_POSTGRES_BIN",
            ) from None
        try:
            status = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
        if status != 0:
            output.seek(0)
            lines = output.read().decode("utf-8", "replace").strip().splitlines() or [f"status {status}"]
            reason = next((line for line in reversed(lines) if "error" in line.lower()), lines[-1])
            raise Trouble(f"initdb could not make the database: {reason}", "see `sdz doctor`")


def _flush_folder(folder: Path) -> None:
    """Make the rename last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
