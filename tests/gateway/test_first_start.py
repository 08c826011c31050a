"""The accounts of a first start."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from chassis.settings import SettingsError
from services.gateway.accounts.credentials import Passwords
from services.gateway.accounts.first_start import make_first_accounts
from services.gateway.app import create_app
from services.gateway.settings import GatewaySettings
from tests.gateway.running import RunningGateway, first_start, gateway_settings
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, empty


async def test_admin_and_demo(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.admin_token()) as admin:
        items = (await admin.get("/api/v1/accounts")).json()["items"]
    nowhere = {"everywhere": False, "divisions": [], "zones": []}
    everywhere = {**nowhere, "everywhere": True}
    assert [
        (one["username"] or one["client_id"], one["roles"], one["view"], one["write"]) for one in items
    ] == [
        ("admin", ["department", "system_administrator"], everywhere, nowhere),
        ("demo", ["ministry_office"], everywhere, everywhere),
    ]


async def test_replicas_that_start_together_make_them_once(
    service_databases: ServiceDatabases, tmp_path: Path
) -> None:
    await empty(service_databases, "gateway")
    keys = KeyRing.make(tmp_path / "keys")
    settings = first_start(tmp_path)
    fronts = [create_app(gateway_settings(service_databases, keys), settings) for _ in range(4)]
    databases = [front.app.state.runtime.database for front in fronts]
    made = await asyncio.gather(
        *(make_first_accounts(database, settings, Passwords()) for database in databases)
    )
    assert sorted(made) == [0, 0, 0, 2]
    for front in fronts:
        await front.app.state.runtime.close()
        await front.gateway.upstream.close()


async def test_without_the_setting_nothing_is_made(
    service_databases: ServiceDatabases, tmp_path: Path
) -> None:
    await empty(service_databases, "gateway")
    keys = KeyRing.make(tmp_path / "keys")
    front = create_app(gateway_settings(service_databases, keys), GatewaySettings())
    assert await make_first_accounts(front.app.state.runtime.database, GatewaySettings(), Passwords()) == 0
    await front.app.state.runtime.close()
    await front.gateway.upstream.close()


def test_a_setting_that_names_no_file_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDZ_GATEWAY_ADMIN_PASSWORD_FILE", "/nowhere/password")
    with pytest.raises(SettingsError, match=r"SDZ_GATEWAY_ADMIN_PASSWORD_FILE=/nowhere/password"):
        GatewaySettings.read()
