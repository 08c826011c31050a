"""Which headers pass: RFC 9110 §7.6.1, and nothing that a client could pretend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from starlette.types import Scope

Header = tuple[bytes, bytes]

_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# set anew for each hop, or of no meaning beyond this one
_REPLACED = frozenset(
    {b"authorization", b"cookie", b"content-length", b"expect", b"forwarded", b"host", b"tracestate"}
    | {b"traceparent"}
)
# the gateway's own server stamps these
_ANSWERED_ANEW = frozenset({b"date", b"server", b"set-cookie", b"trace-id"})


# the one header of ours that callers set: why they ask for a change
_CALLERS_OWN = b"sdz-reason"


def without_internal(headers: Iterable[Header]) -> list[Header]:
    """A client's headers without those that only the platform itself may set."""
    return [
        (name, value)
        for name, value in headers
        if name.lower() == _CALLERS_OWN or not name.lower().startswith((b"sdz-", b"x-forwarded-"))
    ]


def to_upstream(scope: Scope, added: Mapping[str, str]) -> list[tuple[str, str]]:
    """The request's headers for the next hop, with `added` and where the request came from."""
    client = scope.get("client")
    given = list(_end_to_end(without_internal(scope["headers"]), _REPLACED))
    host = next((value for name, value in scope["headers"] if name.lower() == b"host"), b"")
    forwarded = {
        "x-forwarded-for": client[0] if client else "unknown",
        "x-forwarded-proto": scope.get("scheme", "http"),
        "x-forwarded-host": _text(host),
    }
    return [*((_text(n), _text(v)) for n, v in given), *forwarded.items(), *added.items()]


def from_upstream(headers: Iterable[tuple[str, str]]) -> list[Header]:
    """The answer's headers for the client; content-encoding and content-length stay as they are."""
    encoded = [(name.lower().encode("ascii"), value.encode("utf-8")) for name, value in headers]
    return list(_end_to_end(encoded, _ANSWERED_ANEW))


def with_authorization(headers: Iterable[Header], token: str | None) -> list[Header]:
    """The headers with this bearer token in place of any that was sent."""
    kept = [(name, value) for name, value in headers if name.lower() != b"authorization"]
    return [*kept, (b"authorization", f"Bearer {token}".encode("ascii"))] if token is not None else kept


def _end_to_end(headers: Iterable[Header], dropped: frozenset[bytes]) -> Iterator[Header]:
    listed = list(headers)
    named = {
        token.strip().lower()
        for name, value in listed
        if name.lower() == b"connection"
        for token in value.split(b",")
    }
    for name, value in listed:
        lowered = name.lower()
        if lowered not in _HOP_BY_HOP and lowered not in dropped and lowered not in named:
            yield name, value


def _text(value: bytes) -> str:
    """Text whose UTF-8 form is again `value`, where there is one."""
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
