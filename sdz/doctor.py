"""`sdz doctor`: what is wrong, and how to mend it."""

from collections.abc import Mapping

from sdz.checks import Finding
from sdz.checks.database import check_databases
from sdz.checks.installation import check_folders, check_holder, check_leftovers, check_secrets
from sdz.checks.machine import check_binaries, check_disk, check_port, check_python
from sdz.folders import resolve
from sdz.settings import Settings


def examine(settings: Settings, environment: Mapping[str, str]) -> list[Finding]:
    """All findings, in the order in which a start would meet them. Changes nothing."""
    folders = resolve(settings)
    return [
        check_python(),
        check_binaries(settings.postgres_bin),
        *check_folders(folders),
        check_disk(folders),
        check_port(settings, folders),
        check_holder(folders),
        check_leftovers(folders),
        check_secrets(folders),
        *check_databases(folders, environment),
    ]
