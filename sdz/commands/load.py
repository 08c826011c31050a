"""`sdz load`."""

from pathlib import Path
from typing import Annotated

import typer

from sdz.demonstration.api import Api
from sdz.demonstration.demonstrate import CLIENT_ID, demonstrate, demonstrate_as_json
from sdz.folders import resolve
from sdz.secrets import read_secret
from sdz.settings import CHECKOUT, read_settings
from sdz.terminal import Terminal, error_terminal


def register(app: typer.Typer) -> None:
    @app.command()
    def load(
        data: Annotated[Path, typer.Option(help="Folder of the form of sampledata/.")] = CHECKOUT
        / "sampledata",
        url: Annotated[str | None, typer.Option(help="Address of the gateway.")] = None,
        client_id: Annotated[str, typer.Option(help="Machine client that loads.")] = CLIENT_ID,
        secret_file: Annotated[Path | None, typer.Option(help="File with its secret.")] = None,
        json_output: Annotated[bool, typer.Option("--json", help="The ranking as JSON.")] = False,
    ) -> None:
        """Load data into a running platform over its API and rank 导入数据并评价."""
        settings = read_settings()
        path = secret_file or resolve(settings).secrets / "demo_client_secret"
        secret = read_secret(path.parent, path.name)
        with Api(url or f"http://127.0.0.1:{settings.gateway_port}", client_id, secret) as api:
            if json_output:
                typer.echo(demonstrate_as_json(api, data, error_terminal()))
            else:
                terminal = Terminal()
                demonstrate(api, data, terminal, terminal.console)
