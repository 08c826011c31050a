"""The data folder: can it be written, who holds it, what was left behind, are its secrets kept."""

import os
from collections.abc import Iterator

from sdz.checks import Finding
from sdz.checks.machine import nearest_existing
from sdz.folder_lock import is_held
from sdz.folders import Folders, require_writable
from sdz.process_record import left_behind
from sdz.process_table import processes_in
from sdz.secrets import secret_names
from sdz.trouble import Trouble


def check_folders(folders: Folders) -> Iterator[Finding]:
    for name, folder in (("data folder", folders.data), ("database folder", folders.database)):
        place = nearest_existing(folder)
        try:
            require_writable(place)
        except Trouble as trouble:
            yield Finding(name, trouble.what, trouble.remedy)
        else:
            yield Finding(name, str(folder) if place == folder else f"{folder} will be made")


def check_holder(folders: Folders) -> Finding:
    if is_held(folders.run):
        holder = (folders.run / "lock").read_text(encoding="utf-8").strip()
        return Finding("lock", f"SDZ is running ({holder})")
    if (folders.run / "lock").exists() and (folders.run / "lock").read_text(encoding="utf-8").strip():
        # Written when the lock was taken and emptied when it was given back: its holder was killed.
        return Finding("lock", "an earlier start did not end properly; its lock file locks nothing")
    return Finding("lock", "nobody holds the data folder")


def check_leftovers(folders: Folders) -> Finding:
    if is_held(folders.run):
        return Finding("processes", "they belong to the platform that is running")
    pids = {process.pid for process in left_behind(folders.run / "processes.json")}
    pids.update(processes_in(folders.database / "data"))
    if not pids:
        return Finding("processes", "none was left behind")
    numbers = " ".join(str(pid) for pid in sorted(pids))
    return Finding("processes", f"left by an earlier start: {numbers}", "the next `sdz up` ends them")


def check_secrets(folders: Folders) -> Finding:
    files = [path for name in secret_names() if (path := folders.secrets / name).exists()]
    if not files:
        if (folders.database / "data").exists():
            return Finding(
                "secrets",
                f"missing, while there is a database in {folders.database}",
                f"restore {folders.secrets}, or begin anew: rm -r {folders.database}",
            )
        return Finding("secrets", "made by the first `sdz up`")
    for path in files:
        if path.stat().st_mode & 0o077:
            return Finding("secrets", f"others may read {path}", f"chmod 600 {path}")
        if not os.access(path, os.R_OK):
            return Finding("secrets", f"cannot read {path}", "run as the user who owns it")
    if len(files) < len(secret_names()):
        return Finding(
            "secrets", f"{len(files)} of {len(secret_names())}; the next `sdz up` makes the others"
        )
    return Finding("secrets", f"{len(files)} files, readable by their owner only")
