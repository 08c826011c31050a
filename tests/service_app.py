"""Running a service in the test's process, on a real database, with tokens that a real key signs."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from fastapi import FastAPI

from chassis.app import Service, create_app
from chassis.documents.places import MEMORY
from chassis.feed.sequencer import number_batch
from chassis.identity.principal import EVERYWHERE, NOWHERE, Principal, Scope
from chassis.identity.tokens import Signer
from chassis.peers import Peer
from chassis.runtime import Runtime
from chassis.settings import Addresses, OwnSettings, Settings
from services.gateway.roles.table import ROLES, permissions_of
from tests.postgres import ServiceDatabases

ISSUERS = ("gateway", "registry", "projects", "evaluation")
# what anybody may do by the role table; not to look after other people's accounts and work
EVERY_PERMISSION = permissions_of(ROLES) - {"account.manage", "operation.manage"}


@dataclass(frozen=True)
class KeyRing:
    """Signing keys of all issuers in a folder, as an installation has them."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> KeyRing:
        (folder / "public").mkdir(parents=True)
        for issuer in ISSUERS:
            key = Ed25519PrivateKey.generate()
            pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            (folder / f"{issuer}.pem").write_bytes(pem)
            public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            (folder / "public" / f"{issuer}.pem").write_bytes(public)
        (folder / "cursor_key").write_text(secrets.token_hex(32))
        return cls(folder)

    def signer(self, issuer: str) -> Signer:
        return Signer(issuer, self.folder / f"{issuer}.pem")

    def settings(
        self, service: str, database_url: str, shared: dict[str, Any] | None = None, **own: Any
    ) -> Settings:
        return Settings(
            service,
            Addresses(
                keys=self.folder / "public",
                cursor_key_file=self.folder / "cursor_key",
                log_level="error",
                **(shared or {}),
            ),
            OwnSettings(
                database_url=database_url,
                signing_key_file=self.folder / f"{service}.pem",
                **{"documents": MEMORY, "max_open_plans": 100_000, **own},
            ),
        )


def ministry(**changes: Any) -> Principal:
    """Everything, everywhere."""
    return _principal("person:ministry", EVERYWHERE, changes)


def province(code: str, **changes: Any) -> Principal:
    """All permissions, in one division's subtree."""
    return _principal(f"person:office-{code}", Scope(divisions=frozenset({code})), changes)


def _principal(subject: str, scope: Scope, changes: dict[str, Any]) -> Principal:
    values: dict[str, Any] = {
        "subject": subject,
        "view": scope,
        "write": scope,
        "permissions": EVERY_PERMISSION,
    }
    return Principal(issuer="gateway", **(values | changes))


NOBODY = Principal("person:nobody", "gateway", view=NOWHERE, write=NOWHERE)


@dataclass
class RunningService:
    """A service under test; `client(principal)` speaks to it as that caller."""

    name: str
    app: FastAPI
    keys: KeyRing
    transport: httpx.AsyncBaseTransport

    @property
    def runtime(self) -> Runtime:
        runtime: Runtime = self.app.state.runtime
        return runtime

    def token(self, principal: Principal) -> str:
        return self.keys.signer("gateway").sign_for(self.name, principal)

    def client(self, principal: Principal | None = None, token: str | None = None) -> httpx.AsyncClient:
        token = token or (self.token(principal) if principal else None)
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=self.transport, base_url="http://service", headers=headers)

    async def number_events(self) -> None:
        """What the sequencer does, now."""
        while await number_batch(self.runtime.database):
            pass


@asynccontextmanager
async def running(
    service: Service,
    databases: ServiceDatabases,
    keys: KeyRing,
    *,
    background: bool = False,
    emptied: bool = True,
    peers: dict[str, httpx.AsyncBaseTransport] | None = None,
    **own: Any,
) -> AsyncIterator[RunningService]:
    """The service on its emptied schema (unless it is one more replica, not `emptied`).

    Without `background` nothing runs by itself: tests say when.

    `peers` gives the transport to other services: the `transport` of a running one, or one that fails.
    """
    if emptied:
        await empty(databases, service.name)
    app = create_app(service, keys.settings(service.name, databases.url(service.name), **own))
    runtime: Runtime = app.state.runtime
    for name, transport in (peers or {}).items():
        runtime.peers[name] = Peer(name, f"http://{name}", runtime.signer, transport)  # type: ignore[index]  # a dict
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    try:
        if background:
            async with app.router.lifespan_context(app):
                yield RunningService(service.name, app, keys, transport)
        else:
            yield RunningService(service.name, app, keys, transport)
    finally:
        await runtime.close()


async def empty(databases: ServiceDatabases, service: str) -> None:
    """Remove all rows of a service's schema."""
    connection = await asyncpg.connect(databases.admin_url)
    try:
        names = await connection.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename <> 'alembic_version'",
            service,
        )
        listed = ", ".join(f'{service}."{row["tablename"]}"' for row in names)
        await connection.execute(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")
    finally:
        await connection.close()


class Refusing(httpx.AsyncBaseTransport):
    """The transport to a service that is down."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("connection refused", request=request)


def csv_text(rows: list[dict[str, Any]]) -> str:
    """A sheet as CSV with the members of the first row as header."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
