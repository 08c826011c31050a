"""`sdz up`."""

from typing import Annotated

import typer

from sdz.settings import read_settings
from sdz.up import run


def register(app: typer.Typer) -> None:
    @app.command()
    def up(
        demo: Annotated[bool, typer.Option(help="Load the demonstration on a first start.")] = True,
        verbose: Annotated[bool, typer.Option(help="Show the logs of the services here too.")] = False,
    ) -> None:
        """Start the database and the four services; serve until Ctrl-C 启动平台."""
        run(read_settings(), demo=demo, verbose=verbose)
