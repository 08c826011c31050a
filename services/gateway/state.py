"""What the running gateway holds beside what every service has."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from chassis.runtime import Runtime
from services.gateway.accounts.credentials import Passwords
from services.gateway.accounts.known_accounts import KnownAccounts
from services.gateway.proxy.exchange import Exchange
from services.gateway.proxy.routing_table import SERVICES
from services.gateway.proxy.upstream import Upstream
from services.gateway.settings import GatewaySettings
from services.gateway.tokens.access_tokens import AccessTokens


@dataclass(frozen=True)
class Gateway:
    """Reached in a request by `gateway_of`."""

    settings: GatewaySettings
    accounts: KnownAccounts
    passwords: Passwords
    exchange: Exchange
    upstream: Upstream

    @classmethod
    def make(cls, runtime: Runtime, settings: GatewaySettings) -> Gateway:
        accounts = KnownAccounts(runtime.database)
        return cls(
            settings=settings,
            accounts=accounts,
            passwords=Passwords(),
            exchange=Exchange(runtime.signer, AccessTokens(runtime.keys), accounts),
            upstream=Upstream(
                {service: runtime.settings.shared.url(service) for service in SERVICES},
                settings.upstream_connections,
            ),
        )


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway
