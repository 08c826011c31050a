"""Access tokens: what a client shows to the gateway, and to nobody else."""

from __future__ import annotations

from uuid import UUID

from chassis.identity.tokens import Keys, Signer, Verifier
from chassis.problems import Unauthenticated

AUDIENCE = "sdz-access"
LIFETIME_SECONDS = 900


def issue(signer: Signer, account_id: UUID) -> str:
    """A token that names the account and nothing else: roles and scopes are looked up at each use."""
    return signer.sign(AUDIENCE, {"sub": str(account_id)}, LIFETIME_SECONDS)


class AccessTokens:
    """Reads access tokens. No peer is allowed: only the gateway's own signature counts."""

    def __init__(self, keys: Keys) -> None:
        self._verifier = Verifier(AUDIENCE, keys, {}, longest=LIFETIME_SECONDS)

    def account_id(self, token: str) -> UUID:
        """The account that the token was issued to; raises Unauthenticated (401)."""
        try:
            return UUID(self._verifier.principal(token).subject)
        except ValueError as error:
            raise Unauthenticated() from error
