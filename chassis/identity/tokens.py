"""Internal tokens: short JWTs (RFC 7519) signed with Ed25519 (RFC 8037, algorithm name of RFC 9864).

A token is for one audience and lives at most 60 s. The gateway may speak for anyone; a peer service
speaks for itself only and holds no more than the configuration of the receiving service grants it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from chassis.identity.principal import EVERYWHERE, NOWHERE, Principal, Scope
from chassis.problems import Unauthenticated
from chassis.words import Words

ALGORITHM = "Ed25519"
LIFETIME_SECONDS = 60
GATEWAY = "gateway"
_LEEWAY_SECONDS = 5
_KEYS_SECONDS = 60
_REFUSED = Words("令牌无效或已过期", "The token is invalid or has expired")

log = structlog.get_logger("keys")


class Signer:
    """Signs tokens in the name of one issuer; `kid` is the key's thumbprint (RFC 7638)."""

    def __init__(self, issuer: str, private_key_file: Path) -> None:
        self.issuer = issuer
        self._key = OKPKey.import_key(private_key_file.read_bytes())
        self._header = {"alg": ALGORITHM, "typ": "JWT", "kid": self._key.thumbprint()}
        self._own_tokens: dict[str, tuple[float, str]] = {}

    @property
    def key_id(self) -> str:
        return self._key.thumbprint()

    def sign_bytes(self, content: bytes) -> bytes:
        """The Ed25519 signature (RFC 8032) of content that begins as no token can."""
        key = self._key.get_op_key("sign")
        assert isinstance(key, Ed25519PrivateKey)
        return key.sign(content)

    def sign(self, audience: str, claims: Mapping[str, Any], lifetime: int = LIFETIME_SECONDS) -> str:
        now = int(time.time())
        return jwt.encode(
            self._header,
            {**claims, "iss": self.issuer, "aud": audience, "iat": now, "exp": now + lifetime},
            self._key,
            algorithms=[ALGORITHM],
        )

    def sign_for(self, audience: str, principal: Principal) -> str:
        return self.sign(
            audience,
            {
                "sub": principal.subject,
                "roles": sorted(principal.roles),
                "permissions": sorted(principal.permissions),
                "view": principal.view.claims(),
                "write": principal.write.claims(),
            },
        )

    def own_token(self, audience: str) -> str:
        """A token in which the service speaks for itself; reused until ten seconds before its end."""
        expires, token = self._own_tokens.get(audience, (0.0, ""))
        if expires < time.time() + 10:
            token = self.sign(audience, {"sub": f"service:{self.issuer}"})
            self._own_tokens[audience] = (time.time() + LIFETIME_SECONDS, token)
        return token


class Keys:
    """Public keys of a folder: `<issuer>.pem`, `<issuer>.<anything>.pem`; keys rotate with overlap."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_id: dict[str, tuple[str, OKPKey]] = {}
        self._read_at = float("-inf")

    def find(self, key_id: str) -> tuple[str, OKPKey] | None:
        """Issuer and key for a `kid`.

        An unknown one makes the folder be read anew, at most every 5 s; a key that was taken out
        of the folder is believed for a minute at most.
        """
        age = time.monotonic() - self._read_at
        if age > _KEYS_SECONDS or (key_id not in self._by_id and age > 5):
            self._read_at = time.monotonic()
            self._by_id = dict(self._read())
        return self._by_id.get(key_id)

    def _read(self) -> Iterator[tuple[str, tuple[str, OKPKey]]]:
        for file in self._folder.glob("*.pem"):
            try:
                key = OKPKey.import_key(file.read_bytes())
            except (OSError, ValueError, JoseError) as error:
                # one that is being written must not lock out all
                log.warning("no public key", file=file.name, error=repr(error))
                continue
            yield key.thumbprint(), (file.name.split(".")[0], key)

    def count(self) -> int:
        return len(list(self._folder.glob("*.pem")))


class Verifier:
    """Turns a bearer token into a `Principal`, or raises `Unauthenticated`.

    `peers` maps an issuer to the permissions that it may use here for itself; a token that lives longer than
    `longest` seconds is refused whoever signed it.
    """

    def __init__(
        self,
        audience: str,
        keys: Keys,
        peers: Mapping[str, frozenset[str]],
        longest: int = LIFETIME_SECONDS,
    ) -> None:
        self._audience, self._keys, self._peers, self._longest = audience, keys, peers, longest
        # verifying costs two orders more than a look-up; entries live no longer than their token
        self._verified: dict[bytes, tuple[float, Principal]] = {}

    def principal(self, token: str) -> Principal:
        digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        known = self._verified.get(digest)
        now = time.time()
        if known is not None and known[0] > now:
            return known[1]
        claims = self.claims(token)
        if claims["exp"] - claims["iat"] > self._longest:
            raise Unauthenticated(_REFUSED)  # whoever revokes relies on tokens being short
        principal = self._from_claims(claims)
        if len(self._verified) > 4096:
            self._verified = {key: entry for key, entry in self._verified.items() if entry[0] > now}
        self._verified[digest] = (float(claims["exp"]), principal)
        return principal

    def claims(self, token: str) -> dict[str, Any]:
        """The claims of a token whose signature, audience and times hold.

        The key is chosen by `kid`, and the issuer that the token names must be the one the key belongs to.
        """
        key: OKPKey | None = None
        owner = ""

        def key_for(guest: Any) -> OKPKey:
            nonlocal key, owner
            found = self._keys.find(str(guest.headers().get("kid", "")))
            if found is None:
                raise Unauthenticated(_REFUSED)
            owner, key = found
            return key

        try:
            claims = dict(jwt.decode(token, key_for, algorithms=[ALGORITHM]).claims)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise Unauthenticated(_REFUSED) from error
        now = time.time()
        issued, expires = claims.get("iat"), claims.get("exp")
        valid = (
            claims.get("iss") == owner
            and claims.get("aud") == self._audience
            and isinstance(claims.get("sub"), str)
            and isinstance(issued, int)
            and isinstance(expires, int)
            and issued - _LEEWAY_SECONDS <= now < expires
        )
        if not valid:
            raise Unauthenticated(_REFUSED)
        return claims

    def _from_claims(self, claims: Mapping[str, Any]) -> Principal:
        issuer, subject = claims["iss"], claims["sub"]
        if issuer == GATEWAY and subject != f"service:{GATEWAY}":
            return Principal(
                subject=subject,
                issuer=issuer,
                roles=_texts(claims, "roles"),
                permissions=_texts(claims, "permissions"),
                view=Scope.from_claims(claims.get("view")),
                write=Scope.from_claims(claims.get("write")),
            )
        if issuer not in self._peers or subject != f"service:{issuer}":
            raise Unauthenticated(_REFUSED)
        return Principal(
            subject, issuer, frozenset({"service"}), self._peers[issuer], view=EVERYWHERE, write=NOWHERE
        )


def _texts(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name)
    return (
        frozenset(item for item in value if isinstance(item, str)) if isinstance(value, list) else frozenset()
    )
