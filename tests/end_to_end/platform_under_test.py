"""One platform for the end-to-end tests: real processes on a throw-away database, loaded with sampledata."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from sdz.commands.demo import without_databases
from sdz.demonstration.demonstrate import demo_api
from sdz.demonstration.loading import evaluate, load
from sdz.folders import throw_away_folders
from sdz.free_ports import free_port
from sdz.platform import Platform, running_platform
from sdz.secrets import read_secret
from sdz.services import SERVICES
from sdz.settings import Settings

SAMPLE = Path(__file__).parents[2] / "sampledata"


@dataclass(frozen=True)
class Whole:
    """A platform that runs and has been loaded; nothing restarts what a test kills."""

    platform: Platform
    run_id: str
    first_load: dict[str, dict[str, int]]
    second_load: dict[str, dict[str, int]]

    @property
    def url(self) -> str:
        return self.platform.gateway_url

    def secret(self, name: str) -> str:
        return read_secret(self.platform.folders.secrets, name)

    def anonymous(self, url: str | None = None) -> httpx.Client:
        return httpx.Client(base_url=url or self.url, timeout=30, trust_env=False)

    def ministry(self) -> httpx.Client:
        """The machine client with all rights everywhere."""
        secret = self.secret("demo_client_secret")
        return self.signed_in(
            {"grant_type": "client_credentials", "client_id": "demo", "client_secret": secret}
        )

    def admin(self) -> httpx.Client:
        password = self.secret("gateway_admin_password")
        return self.signed_in({"grant_type": "password", "username": "admin", "password": password})

    def signed_in(self, grant: dict[str, str]) -> httpx.Client:
        with self.anonymous() as anyone:
            answer = anyone.post("/api/v1/tokens", json=grant)
        assert answer.status_code == 200, answer.text
        client = self.anonymous()
        client.headers["authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    def province(self, code: str) -> httpx.Client:
        """A new provincial system whose view and write scope is one division's subtree."""
        scope = {"divisions": [code]}
        body = {
            "kind": "machine",
            "client_id": f"province-{code}-{uuid.uuid4().hex[:8]}",
            "name": f"Provincial system of {code}",
            "roles": ["provincial_system"],
            "view": scope,
            "write": scope,
        }
        with self.admin() as admin:
            made = admin.post("/api/v1/accounts", json=body)
        assert made.status_code == 201, made.text
        grant = {"client_id": body["client_id"], "client_secret": made.json()["secret"]}
        return self.signed_in({"grant_type": "client_credentials", **grant})


def key() -> dict[str, str]:
    """The header of a new effect."""
    return {"idempotency-key": str(uuid.uuid4())}


@contextmanager
def whole_platform() -> Iterator[Whole]:
    with throw_away_folders() as folders:
        settings = Settings(gateway_port=free_port())
        # a matrix of callers makes more plans than a person keeps open
        plans = {f"SDZ_{service.upper()}_MAX_OPEN_PLANS": "100000" for service in SERVICES}
        with running_platform(
            settings, folders, say=print, environment=without_databases(os.environ) | plans, durable=False
        ) as platform:
            with demo_api(platform.gateway_url, folders) as api:
                first, second = (load(api, SAMPLE, lambda step: None) for _ in range(2))
                run: dict[str, Any] = evaluate(api, SAMPLE)
            yield Whole(platform, run["id"], first, second)
