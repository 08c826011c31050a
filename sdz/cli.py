"""The command line: its subcommands, and one line for whatever a person can mend."""

import errno
import sys
from typing import Final

import typer

from sdz.commands import bootstrap_database, doctor, migrate, secrets, up
from sdz.trouble import Trouble

# Each module adds its subcommand; the order is that of `--help`.
COMMANDS: Final = (up, migrate, bootstrap_database, secrets, doctor)

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
    """Run the command; exit status 1 with one line on standard error for a `Trouble`."""
    try:
        app()
    except Trouble as trouble:
        sys.exit(f"sdz: {trouble}")
    except OSError as error:
        if error.errno not in MENDABLE:
            raise
        sys.exit(
            f"sdz: {error.filename or 'a file'}: {error.strerror} → give this user the right or free space"
        )
    except KeyboardInterrupt:
        sys.exit(130)
