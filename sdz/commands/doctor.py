"""`sdz doctor`."""

import json
import os
from dataclasses import asdict
from typing import Annotated

import typer

from sdz.doctor import examine
from sdz.settings import read_settings
from sdz.terminal import Terminal


def register(app: typer.Typer) -> None:
    @app.command()
    def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON document.")] = False) -> None:
        """Say what is wrong and how to mend it 检查安装; exit status 1 when something is."""
        findings = examine(read_settings(), os.environ)
        if as_json:
            rows = [{**asdict(finding), "ok": finding.ok} for finding in findings]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            terminal = Terminal()
            for finding in findings:
                line = f"{'ok     ' if finding.ok else 'problem'} {finding.check}: {finding.message}"
                terminal.say(line if finding.ok else f"{line} → {finding.remedy}")
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)
