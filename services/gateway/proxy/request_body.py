"""A request's body on its way: small ones whole, large ones as a stream, none without a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.types import Receive, Scope

from chassis.json_body import too_large

_WHOLE_BYTES = 65_536


class ClientGone(Exception):
    """The client left before its request was complete; nobody waits for an answer."""


async def read_body(scope: Scope, receive: Receive, limit: int) -> bytes | AsyncIterator[bytes]:
    """The body, whole if it is short; raises PayloadTooLarge as soon as it is known to exceed `limit`.

    The stream raises PayloadTooLarge and ClientGone while it is read.
    """
    declared = content_length(scope)
    if declared is not None and declared > limit:
        raise too_large(limit)
    first, size, more = [], 0, True
    while more and size <= _WHOLE_BYTES:
        chunk, more = await _next(receive)
        first.append(chunk)
        size += len(chunk)
    if size > limit:
        raise too_large(limit)
    return _stream(b"".join(first), receive, limit) if more else b"".join(first)


def content_length(scope: Scope) -> int | None:
    """What the client declares; None when it sends chunks."""
    for name, value in scope["headers"]:
        if name.lower() == b"content-length" and value.isdigit():
            return int(value[:18])
    return None


async def _stream(first: bytes, receive: Receive, limit: int) -> AsyncIterator[bytes]:
    yield first
    size, more = len(first), True
    while more:
        chunk, more = await _next(receive)
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        if chunk:
            yield chunk


async def _next(receive: Receive) -> tuple[bytes, bool]:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    return message.get("body", b""), message.get("more_body", False)
