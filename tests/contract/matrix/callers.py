"""Every role, as one who may see and write everywhere, at the object's place, or elsewhere only."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import httpx

from chassis.identity.principal import Principal, Scope
from chassis.identity.tokens import Signer
from services.gateway.proxy.routing_table import SERVICES
from services.gateway.roles.table import ROLES, permissions_of
from tests.contract.prepared import Prepared
from tests.contract.world import INSIDE, OUTSIDE, World
from tests.end_to_end.platform_under_test import Whole

ANONYMOUS: Final = "anonymous"
SCOPES: Final[Mapping[str, dict[str, Any]]] = {
    "everywhere": {"everywhere": True},
    "inside": {"divisions": [INSIDE]},
    "outside": {"divisions": [OUTSIDE]},
}
Callers = Mapping[tuple[str, str], httpx.Client]


@contextmanager
def every_caller(world: World) -> Iterator[Callers]:
    """A signed-in client by (role, scope), and the anonymous one by (anonymous, everywhere)."""
    with ExitStack() as stack:
        callers = {(ANONYMOUS, "everywhere"): stack.enter_context(world.whole.anonymous())}
        for role in ROLES:
            for name, scope in SCOPES.items():
                callers[role, name] = stack.enter_context(_signed_in(world, role, scope))
        yield callers


@contextmanager
def every_direct_caller(whole: Whole) -> Iterator[Mapping[str, Callers]]:
    """By service, the same callers on its own port, with tokens as the gateway attaches them."""
    signer = Signer("gateway", whole.platform.folders.secrets / "gateway_signing_key.pem")
    with ExitStack() as stack:
        by_service = {}
        for service in SERVICES:
            url = whole.platform.urls[service]
            callers = {(ANONYMOUS, "everywhere"): stack.enter_context(whole.anonymous(url))}
            for role in ROLES:
                for name, scope in SCOPES.items():
                    client = stack.enter_context(whole.anonymous(url))
                    client.auth = _Attached(signer, service, _principal(role, Scope.from_claims(scope)))
                    callers[role, name] = client
            by_service[service] = callers
        yield by_service


class _Attached(httpx.Auth):
    """A fresh token for each request: they live a minute."""

    def __init__(self, signer: Signer, service: str, principal: Principal) -> None:
        self._signer, self._service, self._principal = signer, service, principal

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self._signer.sign_for(self._service, self._principal)
        request.headers["authorization"] = f"Bearer {token}"
        yield request


def _principal(role: str, scope: Scope) -> Principal:
    return Principal(
        subject=f"machine:{uuid.uuid4()}",
        issuer="gateway",
        roles=frozenset({role}),
        permissions=permissions_of([role]),
        view=scope,
        write=scope,
    )


def _signed_in(world: World, role: str, scope: dict[str, Any]) -> httpx.Client:
    body = world.account_body() | {"roles": [role], "view": scope, "write": scope}
    made = world.made(world.admin, Prepared("POST", "/api/v1/accounts", json=body))
    return world.whole.signed_in(
        {
            "grant_type": "client_credentials",
            "client_id": made["client_id"],
            "client_secret": made["secret"],
        }
    )
