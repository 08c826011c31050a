"""`sdz work`."""

import os
import sys
from typing import Annotated

import typer

from sdz.services import SERVICES
from sdz.trouble import Trouble


def register(app: typer.Typer) -> None:
    @app.command()
    def work(service: Annotated[str, typer.Argument(help=f"One of: {', '.join(SERVICES)}.")]) -> None:
        """Run a worker of one service, without its API 单独运行某个服务的任务进程.

        Reads the service's own settings. Any number may run, on any number of machines.
        """
        if service not in SERVICES:
            raise Trouble(f"there is no service {service}", f"name one of: {', '.join(SERVICES)}")
        sys.stdout.flush()
        os.execv(  # noqa: S606  # this process becomes the worker: its signals and its exit status are its own
            sys.executable, [sys.executable, "-m", "chassis.operations.alone", f"services.{service}.app"]
        )
