"""A signed head vouches for all records up to its number (Ed25519, RFC 8032)."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.audit.chain import canonical

# the key signs tokens too: what is signed here begins as no token does
_CONTEXT = b"sdz-audit-head-1\n"


@dataclass(frozen=True)
class Head:
    """`hash` in hex; `at` RFC 3339 in UTC with microseconds; `signature` base64url without padding."""

    service: str
    number: int
    hash: str
    at: str
    key_id: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """The context and the canonical form of the members that are signed."""
        members = {"at": self.at, "hash": self.hash, "key_id": self.key_id}
        return _CONTEXT + canonical({**members, "number": self.number, "service": self.service})

    def is_signed_by(self, key: Ed25519PublicKey) -> bool:
        padded = self.signature + "=" * (-len(self.signature) % 4)
        try:
            key.verify(urlsafe_b64decode(padded), self.signed_bytes())
        except (InvalidSignature, ValueError):
            return False
        return True


def signature_text(signature: bytes) -> str:
    return urlsafe_b64encode(signature).decode().rstrip("=")
