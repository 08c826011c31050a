"""Idempotency-Key (IETF draft): the answer is stored in the transaction of the effect."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable

import msgspec
from fastapi import Request, Response
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import idempotency
from chassis.identity.principal import ANONYMOUS, Principal
from chassis.problems import (
    IdempotencyInProgress,
    IdempotencyKeyRequired,
    IdempotencyMismatch,
    InvalidParameter,
    Issue,
)
from chassis.words import Words

_KEPT_HEADERS = ("content-type", "etag", "location", "link", "cache-control")


def show_once(request: Request, *members: str) -> None:
    """The answer's `members` are secrets: a replay has null for them and `secret_shown: true`."""
    request.state.shown_once = members


async def once(
    session: AsyncSession, request: Request, principal: Principal, act: Callable[[], Awaitable[Response]]
) -> Response:
    """Run `act`, or answer as before if this caller's key has already had its effect.

    A key belongs to its caller; nobody's key is not looked at, or a stranger could ask for the answer.
    Raises 400 (machine without a key, malformed key), 409 (still running), 422 (key used for other content).
    """
    key = request.headers.get("idempotency-key")
    if request.method != "POST" or key is None or principal == ANONYMOUS:
        if request.method == "POST" and principal.is_machine:
            raise IdempotencyKeyRequired()
        return await act()
    key = key.strip().strip('"')
    if not (key.isascii() and key.isprintable() and 1 <= len(key) <= 200):
        words = Words("应为 1–200 个可见 ASCII 字符", "Must be 1–200 visible ASCII characters")
        raise InvalidParameter(words, issues=[Issue("invalid_key", words, header="Idempotency-Key")])
    fingerprint = await _fingerprint(request)
    lock = hashlib.sha256(f"{principal.subject}\n{key}".encode()).digest()[:8]
    # a second insert of the same key would wait for the first to end; a lock that is only tried does not
    taken = await session.scalar(select(func.pg_try_advisory_xact_lock(int.from_bytes(lock, signed=True))))
    if not taken:
        raise IdempotencyInProgress()
    mine = (idempotency.c.subject == principal.subject, idempotency.c.key == key)
    stored = (await session.execute(select(idempotency).where(*mine))).one_or_none()
    if stored is not None:
        if stored.fingerprint != fingerprint:
            raise IdempotencyMismatch()
        return Response(stored.body, stored.status, {**stored.headers, "Idempotent-Replayed": "true"})
    response = await act()
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    await session.execute(
        insert(idempotency).values(
            subject=principal.subject,
            key=key,
            fingerprint=fingerprint,
            status=response.status_code,
            headers=kept,
            body=_kept_body(request, bytes(response.body)),
        )
    )
    return response


def _kept_body(request: Request, body: bytes) -> bytes:
    secret = getattr(request.state, "shown_once", ())
    if not secret:
        return body
    kept = msgspec.json.decode(body, type=dict) | dict.fromkeys(secret) | {"secret_shown": True}
    return msgspec.json.encode(kept)


async def _fingerprint(request: Request) -> bytes:
    parts = (
        request.method,
        request.url.path,
        request.url.query,
        request.headers.get("content-type", ""),
    )
    taken_in: bytes | None = getattr(request.state, "body_digest", None)  # of one that is not held in memory
    content = b"".join(part.encode() + b"\n" for part in parts) + (taken_in or await request.body())
    # keyed, since a body may hold a password that a person chose
    digest: bytes = request.app.state.runtime.cursors.keyed_digest(content)
    return digest


async def forget_old(session: AsyncSession) -> None:
    """Drop answers older than 48 h."""
    limit = func.now() - text("interval '48 hours'")
    await session.execute(delete(idempotency).where(idempotency.c.created_at < limit))
