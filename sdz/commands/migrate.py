"""`sdz migrate`."""

import os
from typing import Annotated

import typer

from sdz.migrate import migrate as run_migrations
from sdz.services import SERVICES
from sdz.terminal import Terminal
from sdz.trouble import Trouble


def register(app: typer.Typer) -> None:
    @app.command()
    def migrate(
        services: Annotated[list[str] | None, typer.Argument(help=f"Some of: {', '.join(SERVICES)}.")] = None,
    ) -> None:
        """Bring the databases to the newest version 升级数据库结构.

        Reads SDZ_<SERVICE>_OWNER_DATABASE_URL (or …_FILE). `sdz up` does this itself for its own database.
        """
        terminal = Terminal()
        chosen = services or list(SERVICES)
        if unknown := [name for name in chosen if name not in SERVICES]:
            raise Trouble(f"there is no service {unknown[0]}", f"name some of: {', '.join(SERVICES)}")
        waiting = "{}: another migration runs, waiting for it"
        for done in run_migrations(
            os.environ, chosen, waiting=lambda name: terminal.say(waiting.format(name))
        ):
            what = (
                f"{done.before or 'empty'} → {done.after}" if done.changed else f"{done.after}, nothing to do"
            )
            terminal.say(f"{done.service}: {what}")
