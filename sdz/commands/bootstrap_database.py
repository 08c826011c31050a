"""`sdz bootstrap-database`."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from sdz.bootstrap import bootstrap
from sdz.database_urls import required_url
from sdz.databases import DATABASE
from sdz.folders import resolve
from sdz.secrets import role_passwords
from sdz.settings import read_settings
from sdz.terminal import Terminal


def register(app: typer.Typer) -> None:
    @app.command(name="bootstrap-database")
    def bootstrap_database(
        database: Annotated[str, typer.Option(help="Name of the database.")] = DATABASE,
        secrets: Annotated[
            Path | None, typer.Option(help="Folder of the roles' passwords (default: the data folder's).")
        ] = None,
    ) -> None:
        """Make database, roles and schemas on a server of your own 初始化外部数据库.

        Reads the administrator's address from SDZ_ADMIN_DATABASE_URL (or …_FILE). Can be run again.
        """
        url = required_url(os.environ, "SDZ_ADMIN_DATABASE_URL")
        passwords = role_passwords(secrets or resolve(read_settings()).secrets)
        asyncio.run(bootstrap(url, database, passwords))
        Terminal().say(f"database {database}: roles and schemas are ready 已就绪")
