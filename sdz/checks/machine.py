"""Python, the server's programs, disk and port."""

import platform
import shutil
import sys
from pathlib import Path
from typing import Final

from sdz.checks import Finding
from sdz.embedded.binaries import find_binaries
from sdz.folder_lock import is_held
from sdz.folders import Folders
from sdz.free_ports import is_free
from sdz.settings import Settings
from sdz.trouble import Trouble

ENOUGH_DISK: Final = 1_000_000_000
"""Bytes: an empty cluster with its log takes about 100 MB, a year of a large province far less than this."""


def check_python() -> Finding:
    version = platform.python_version()
    if sys.version_info < (3, 11):  # noqa: UP036 - the doctor may be asked by any Python
        return Finding("python", f"Python {version}", "use Python 3.11 or newer")
    return Finding("python", f"Python {version}")


def check_binaries(setting: Path | None) -> Finding:
    try:
        found = find_binaries(setting)
    except Trouble as trouble:
        return Finding("postgresql", trouble.what, trouble.remedy)
    return Finding("postgresql", f"PostgreSQL {found.version} ({found.source}) in {found.folder}")


def check_disk(folders: Folders) -> Finding:
    place = nearest_existing(folders.database)
    free = shutil.disk_usage(place).free
    message = f"{free / 1e9:.1f} GB free at {place}"
    return Finding("disk", message, None if free >= ENOUGH_DISK else "free at least 1 GB, or move SDZ_DATA")


def check_port(settings: Settings, folders: Folders) -> Finding:
    port = settings.gateway_port
    if is_held(folders.run):
        return Finding("port", f"{port}: the platform is running")
    if is_free(port, settings.gateway_host):
        return Finding("port", f"{port} is free")
    return Finding(
        "port",
        f"{port} is taken 端口已被占用",
        "stop the program that uses it, or set SDZ_GATEWAY_PORT to another",
    )


def nearest_existing(path: Path) -> Path:
    """The folder itself, or the nearest one above that exists."""
    return next(place for place in (path, *path.parents) if place.exists())
