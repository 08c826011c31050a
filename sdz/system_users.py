"""Whom the embedded server runs as: PostgreSQL refuses to run as root."""

import os
import pwd
from dataclasses import dataclass


@dataclass(frozen=True)
class SystemUser:
    """An account of the operating system."""

    name: str
    uid: int
    gid: int


def server_user() -> SystemUser | None:
    """The unprivileged account for the server when we are root (postgres, else nobody); None otherwise."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return SystemUser(name, entry.pw_uid, entry.pw_gid)
    return SystemUser("65534", 65534, 65534)
