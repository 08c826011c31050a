"""Passwords and client secrets: how they are made, kept and compared."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chassis.problems import ServiceUnavailable
from chassis.words import Words

_AT_ONCE = 2
_WAIT_SECONDS = 5.0


def new_password() -> str:
    """144 random bits, to be handed to a person."""
    return secrets.token_urlsafe(18)


def new_client_secret() -> str:
    return secrets.token_urlsafe(32)


def secret_digest(secret: str) -> bytes:
    """SHA-256 of a client secret.

    A slow hash protects what people choose, since that can be guessed. A client secret is 256 random bits:
    no number of guesses reaches it, and a machine that asks for tokens often costs next to nothing.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def is_client_secret(
    secret: str, current: bytes | None, previous: bytes | None, previous_until: datetime | None, at: datetime
) -> bool:
    """The secret is the current one, or the one before within the overlap (to its end, exclusive)."""
    digest = secret_digest(secret)
    matches_current = hmac.compare_digest(digest, current or b"")
    matches_previous = hmac.compare_digest(digest, previous or b"")
    return matches_current or (matches_previous and previous_until is not None and at < previous_until)


class Passwords:
    """Argon2id with the library's parameters (RFC 9106), in threads, few at once: each takes 64 MB."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._nobodys: str | None = None

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """One of the places to hash in; 503 when none is free in time."""
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._slots.acquire()
        except TimeoutError as error:
            raise ServiceUnavailable(Words("登录请求过多", "Too many people sign in at once")) from error
        try:
            yield
        finally:
            self._slots.release()

    async def hash(self, password: str) -> str:
        async with self.slot():
            return await asyncio.to_thread(self._hasher.hash, _prepared(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Compare, within a `slot`; where there is nothing to compare with it takes as long and is False."""
        if self._nobodys is None:
            self._nobodys = await asyncio.to_thread(self._hasher.hash, new_password())
        try:
            await asyncio.to_thread(self._hasher.verify, stored or self._nobodys, _prepared(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


def _prepared(password: str) -> bytes:
    """The same password from every keyboard (RFC 8265 §4.2: NFC)."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
