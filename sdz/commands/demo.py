"""`sdz demo`."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from sdz.demonstration.demonstrate import demo_api, demonstrate, demonstrate_as_json
from sdz.folders import throw_away_folders
from sdz.free_ports import free_port
from sdz.platform import STEPS, running_platform
from sdz.settings import CHECKOUT, read_settings
from sdz.stop_request import stop_on_signals
from sdz.terminal import Terminal, error_terminal


def register(app: typer.Typer) -> None:
    @app.command()
    def demo(
        data: Annotated[Path, typer.Option(help="Folder of the form of sampledata/.")] = CHECKOUT
        / "sampledata",
        json_output: Annotated[bool, typer.Option("--json", help="The ranking as JSON.")] = False,
    ) -> None:
        """The main job on a platform of its own that is thrown away afterwards 演示后清除."""
        terminal = error_terminal() if json_output else Terminal()
        settings = read_settings().model_copy(update={"gateway_port": free_port()})
        with ExitStack() as open_things:
            folders = open_things.enter_context(throw_away_folders())
            stop = open_things.enter_context(stop_on_signals())
            with terminal.progress("SDZ starts 正在启动", STEPS) as progress:
                platform = open_things.enter_context(
                    running_platform(
                        settings,
                        folders,
                        say=terminal.say,
                        progress=progress,
                        stop=stop,
                        environment=without_databases(os.environ),
                        durable=False,
                    )
                )
            if stop.asked:
                return
            with demo_api(platform.gateway_url, folders) as api:
                if json_output:
                    typer.echo(demonstrate_as_json(api, data, terminal))
                else:
                    demonstrate(api, data, terminal, terminal.console)


def without_databases(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without addresses of databases: the demonstration touches none but its own."""
    return {name: value for name, value in environment.items() if "DATABASE_URL" not in name}
