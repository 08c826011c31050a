"""`sdz audit export` and `sdz audit verify`."""

import os
from pathlib import Path
from typing import Annotated

import httpx
import typer

from sdz.settings import read_settings
from sdz.trouble import Trouble

_LONGEST_LINE = 10_000_001


def register(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="The audit trail: export it, verify it 审计链.")
    app.add_typer(commands, name="audit")

    @commands.command()
    def export(
        source: Annotated[str, typer.Option(help="registry, projects, evaluation or gateway.")],
        out: Annotated[Path, typer.Option(help="File to write.")],
        first: Annotated[int, typer.Option("--from", min=1, help="First number.")] = 1,
        personal: Annotated[bool, typer.Option("--personal", help="With the personal values.")] = False,
        token_file: Annotated[Path | None, typer.Option(help="File with an auditor's token.")] = None,
        url: Annotated[str | None, typer.Option(help="Address of the gateway.")] = None,
    ) -> None:
        """Sign and write all records of a service 导出. The token comes from --token-file or SDZ_TOKEN."""
        from sdz.audit.exporting import export as write

        address = url or f"http://127.0.0.1:{read_settings().gateway_port}"
        headers = {"authorization": f"Bearer {_token(token_file)}"}
        try:
            with httpx.Client(base_url=address, headers=headers, timeout=120, trust_env=False) as client:
                last = write(client, source, out, first, personal=personal)
        except httpx.TransportError as error:
            raise Trouble(f"{address}: {error}", "is the platform running?") from None
        typer.echo(f"{out}: records {first}–{last} of {source}")

    @commands.command()
    def verify(
        file: Annotated[Path, typer.Argument(help="An export.")],
        key: Annotated[list[Path], typer.Option(help="Public key of the service (PEM); may be repeated.")],
        head: Annotated[
            Path | None, typer.Option(help="A signed head that was kept elsewhere; it must be met.")
        ] = None,
    ) -> None:
        """Verify an export off line 离线校验. Exit status 1 names the first record that does not fit."""
        from chassis.audit.verifying import DoesNotFit
        from chassis.audit.verifying import verify as check
        from sdz.audit.keys import read_head, read_keys

        keys = read_keys(key)
        kept = read_head(head) if head is not None else None
        try:
            with file.open("rb") as lines:
                found = check(iter(lambda: lines.readline(_LONGEST_LINE), b""), keys, kept)
        except FileNotFoundError:
            raise Trouble(f"{file} is not there", "name an existing file") from None
        except DoesNotFit as fault:
            number = "" if fault.number is None else f", record {fault.number}"
            typer.echo(f"does not fit 校验未通过: {file}, line {fault.line}{number}: {fault}", err=True)
            raise typer.Exit(1) from None
        typer.echo(
            f"fits 校验通过: {found.service} {found.first}–{found.last}, {found.heads} signed heads, "
            f"hash {found.hash}"
        )
        if found.personal or found.erased:
            typer.echo(f"personal values: {found.personal} held, {found.erased} erased 已清除")


def _token(file: Path | None) -> str:
    if file is None:
        token = os.environ.get("SDZ_TOKEN", "")
    else:
        try:
            token = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise Trouble(f"{file} is not there", "name a file with an auditor's token") from None
    if not token.strip():
        raise Trouble("there is no token", "set SDZ_TOKEN or give --token-file")
    return token.strip()
