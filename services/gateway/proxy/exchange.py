"""Access token in, internal token out."""

from __future__ import annotations

import time
from collections.abc import Iterable

from chassis.identity.principal import Principal
from chassis.identity.tokens import LIFETIME_SECONDS, Signer
from chassis.problems import Unauthenticated
from services.gateway.accounts.known_accounts import KnownAccounts
from services.gateway.proxy.headers import Header
from services.gateway.tokens.access_tokens import AccessTokens

_RENEWED_BEFORE_END = 10
_MOST = 20_000


class Exchange:
    """Turns what a client shows into what one service believes.

    Internal tokens are kept by (principal, service): a principal carries its roles and scopes, so an account
    that changes gets other tokens at once.
    """

    def __init__(self, signer: Signer, access: AccessTokens, accounts: KnownAccounts) -> None:
        self._signer, self._access, self._accounts = signer, access, accounts
        self._kept: dict[tuple[Principal, str], tuple[float, str]] = {}

    async def caller(self, headers: Iterable[Header]) -> Principal | None:
        """Whose request this is, None if nobody's.

        Raises Unauthenticated (401) for anything but one good access token of a live account.
        """
        given = [value for name, value in headers if name.lower() == b"authorization"]
        if not given:
            return None
        scheme, _, token = given[0].decode("latin-1").strip().partition(" ")
        if len(given) > 1 or scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated()
        principal = await self._accounts.principal(self._access.account_id(token.strip()))
        if principal is None:
            raise Unauthenticated()
        return principal

    def token_for(self, principal: Principal, service: str) -> str:
        """A token for one service that is good for ten seconds at least."""
        now = time.time()
        expires, token = self._kept.get((principal, service), (0.0, ""))
        if expires - _RENEWED_BEFORE_END < now:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            token = self._signer.sign_for(service, principal)
            self._kept[principal, service] = (now + LIFETIME_SECONDS, token)
        return token
