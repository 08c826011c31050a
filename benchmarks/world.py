"""What benchmarks measure against: a platform of real processes, and databases of the tests' server."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import httpx

from benchmarks.processes import uvicorn
from chassis.identity.principal import EVERYWHERE, Principal
from chassis.identity.tokens import Signer
from sdz.commands.demo import without_databases
from sdz.database_urls import build_url
from sdz.databases import DATABASE
from sdz.demonstration.api import Api
from sdz.demonstration.demonstrate import CLIENT_ID, demo_api
from sdz.demonstration.loading import load
from sdz.folders import throw_away_folders
from sdz.free_ports import free_port
from sdz.migrate import migrate
from sdz.platform import APPLICATION, Platform, running_platform
from sdz.secrets import read_secret, role_passwords
from sdz.service_environment import service_environment
from sdz.settings import CHECKOUT, Settings
from tests.postgres import ServiceDatabases, new_service_databases, shared_server


@dataclass(frozen=True)
class Running:
    """A platform under measurement, as `sdz up` starts it, on a database that never waits for the disk."""

    platform: Platform

    @property
    def gateway(self) -> str:
        return self.platform.gateway_url

    def url(self, service: str) -> str:
        """Address of a service's own port."""
        return self.platform.urls[service]

    def pid(self, service: str) -> int:
        pids = {child.name: child.pid for child in self.platform.supervisor.children}
        pid = pids[service]
        assert pid is not None, f"{service} does not run"
        return pid

    def database_url(self, service: str) -> str:
        """The address that the service uses (runtime role)."""
        folders = self.platform.folders
        password = role_passwords(folders.secrets, [service])[service]
        port = int((folders.database / "port").read_text(encoding="ascii"))
        return build_url(f"sdz_{service}", password, "127.0.0.1", port, DATABASE)

    def internal_token(self, service: str, *permissions: str) -> str:
        """What the gateway would attach: good for a minute, so make one each round."""
        signer = Signer("gateway", self.platform.folders.secrets / "gateway_signing_key.pem")
        caller = Principal(
            "person:benchmark", "gateway", frozenset(), frozenset(permissions), EVERYWHERE, EVERYWHERE
        )
        return signer.sign_for(service, caller)

    @contextmanager
    def replica(self, service: str, **environment: str) -> Iterator[tuple[str, int]]:
        """One more process of a service, with other settings; its address and pid."""
        port = free_port()
        own = service_environment(
            service,
            base=without_databases(os.environ),
            folders=self.platform.folders,
            database_url=self.database_url(service),
            urls=self.platform.urls,
        )
        with uvicorn(APPLICATION.format(name=service), port, own | environment) as pid:
            yield f"http://127.0.0.1:{port}", pid

    @contextmanager
    def api(self) -> Iterator[Api]:
        """The gateway's API as the machine client with all rights."""
        with demo_api(self.gateway, self.platform.folders) as api:
            yield api

    def access_token(self) -> str:
        """A token with which the machine client passes the gateway, good for some minutes."""
        secret = read_secret(self.platform.folders.secrets, "demo_client_secret")
        grant = {"grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret}
        answer = httpx.post(f"{self.gateway}/api/v1/tokens", json=grant, trust_env=False)
        return str(answer.raise_for_status().json()["access_token"])


class World:
    """Made once a run; what is asked for is started then, and stopped at the end."""

    def __init__(self, say: Callable[[str], None], *, seconds: int, rows: int = 100_000) -> None:
        self.say, self.seconds, self.rows = say, seconds, rows
        """How long one case may load a server in a round, and how many rows a sheet has."""
        self._open = ExitStack()
        self._platform: Running | None = None
        self._server: str | None = None

    def __enter__(self) -> World:
        return self

    def __exit__(self, *_error: object) -> None:
        self._open.close()

    @property
    def platform(self) -> Running:
        """One platform with the sample data, shared by all benchmarks that only read."""
        if self._platform is None:
            self._platform = self._open.enter_context(self.new_platform())
        return self._platform

    @contextmanager
    def new_platform(self, **environment: str) -> Iterator[Running]:
        """A platform of one's own, with the sample data and more settings than the defaults."""
        started = time.monotonic()
        self.say("  a platform starts, and the sample data are loaded …")
        with throw_away_folders() as folders:
            settings = Settings(gateway_port=free_port())
            with running_platform(
                settings,
                folders,
                say=self.say,
                environment=without_databases(os.environ) | environment,
                durable=False,
            ) as platform:
                running = Running(platform)
                with running.api() as api:
                    load(api, CHECKOUT / "sampledata", lambda step: None)
                self.say(f"  … ready after {time.monotonic() - started:.0f} s")
                yield running

    @contextmanager
    def new_databases(self) -> Iterator[ServiceDatabases]:
        """A bootstrapped, migrated and empty database of all services."""
        if self._server is None:
            self._server = self._open.enter_context(shared_server())
        with new_service_databases(self._server) as databases:
            migrate(databases.owner_environment())
            yield databases
