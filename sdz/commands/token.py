"""`sdz token`."""

from pathlib import Path
from typing import Annotated

import httpx
import typer

from sdz.demonstration.api import content_of
from sdz.demonstration.demonstrate import CLIENT_ID
from sdz.folders import resolve
from sdz.secrets import read_secret
from sdz.settings import read_settings
from sdz.trouble import Trouble


def register(app: typer.Typer) -> None:
    @app.command()
    def token(
        url: Annotated[str | None, typer.Option(help="Address of the gateway.")] = None,
        admin: Annotated[bool, typer.Option("--admin", help="For the first administrator instead.")] = False,
        secret_file: Annotated[Path | None, typer.Option(help="File with the secret.")] = None,
    ) -> None:
        """An access token of the demonstration's client, for curl 获取访问令牌. It lives 15 minutes."""
        settings = read_settings()
        default = resolve(settings).secrets / ("gateway_admin_password" if admin else "demo_client_secret")
        path = secret_file or default
        secret = read_secret(path.parent, path.name)
        body = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret}
        if admin:
            body = {"grant_type": "password", "username": "admin", "password": secret}
        address = f"{url or f'http://127.0.0.1:{settings.gateway_port}'}/api/v1/tokens"
        try:
            answer = httpx.post(address, json=body, timeout=30, trust_env=False)
        except httpx.TransportError:
            raise Trouble(
                f"{address} does not answer", "is the platform running? start it with: make run"
            ) from None
        typer.echo(content_of(answer)["access_token"])
