"""`sdz secrets`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from sdz.secrets import ensure_secrets, write_url_files
from sdz.terminal import Terminal
from sdz.trouble import Trouble


def register(app: typer.Typer) -> None:
    @app.command()
    def secrets(
        into: Annotated[Path, typer.Option(help="Folder for the secrets, one file each.")],
        database: Annotated[
            str, typer.Option(help="Where the services find the database: host:port/name.")
        ] = "database:5432/sdz",
        owner: Annotated[
            str | None,
            typer.Option(help="UID:GID that shall own the files (containers run as another user)."),
        ] = None,
    ) -> None:
        """Make the secrets of an installation in containers 生成密钥文件. What exists is kept."""
        host, port, name = _address(database)
        made = ensure_secrets(into, into / "keys" / "public")
        write_url_files(into, host, port, name)
        if owner is not None:
            _give(into, owner)
        Terminal().say(f"{into}: {len(made)} secrets made, the others were there already")


def _address(text: str) -> tuple[str, int, str]:
    address, _, name = text.partition("/")
    host, _, port = address.rpartition(":")
    if not (host and name and port.isdecimal()):
        raise Trouble(f"--database {text} is not of the form host:port/name", "for example database:5432/sdz")
    return host, int(port), name


def _give(folder: Path, owner: str) -> None:
    uid, _, gid = owner.partition(":")
    if not (uid.isdecimal() and gid.isdecimal()):
        raise Trouble(f"--owner {owner} is not of the form UID:GID", "for example 10001:10001")
    try:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, int(uid), int(gid))
    except PermissionError:
        raise Trouble(f"only root can give files to {owner}", "run it as root, or without --owner") from None
