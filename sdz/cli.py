"""The command line: its subcommands, and one line for whatever a person can mend."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from sdz.commands import audit, bootstrap_database, demo, doctor, load, migrate, new, secrets, token, up, work
from sdz.trouble import Trouble

# Each module adds its subcommand; the order is that of `--help`.
COMMANDS: Final = (up, demo, load, token, work, migrate, bootstrap_database, secrets, audit, doctor, new)

MENDABLE: Final = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT}

app = typer.Typer(
    name="sdz",
    help="Run and look after an SDZ platform 可持续发展实验区平台.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run the command."""
    with report_trouble():
        app()


@contextmanager
def report_trouble() -> Iterator[None]:
    """Exit with status 1 and one line on standard error for what a person can mend."""
    try:
        yield
    except Trouble as trouble:
        sys.exit(f"sdz: {trouble}")
    except OSError as error:
        if error.errno not in MENDABLE:
            raise
        place = error.filename or "a file"
        sys.exit(f"sdz: {place}: {error.strerror} → give this user the right, or free space")
    except KeyboardInterrupt:
        sys.exit(130)
