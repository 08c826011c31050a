"""Paths as they are handed on: unchanged, or refused."""

from __future__ import annotations

from urllib.parse import quote, unquote_to_bytes

from chassis.problems import MalformedRequest
from chassis.words import Words

# what RFC 3986 allows in a path, and the escapes that are there already
_KEPT = "/%:@!$&'()*+,;=-._~"
_KEPT_IN_QUERY = _KEPT + '?[]{}|\\^`"<>'


def checked_path(raw: bytes) -> str:
    """The encoded path as it came; octets that a path may not hold, such as bare Chinese, are escaped.

    Raises MalformedRequest for dot segments, escaped or not: a client library below would resolve them, and
    the request would reach another route than the one it was checked for. A backslash counts as a slash, as
    it does in the URL standard.
    """
    decoded = unquote_to_bytes(raw).replace(b"\\", b"/")
    if any(segment in {b".", b".."} for segment in decoded.split(b"/")):
        raise MalformedRequest(
            Words("路径不得含 . 或 .. 段", "A path must not contain the segments . and ..")
        )
    return quote(raw, safe=_KEPT)


def checked_query(raw: bytes) -> str:
    """The query string as it came, with a leading `?` unless empty; bare octets beyond ASCII are escaped."""
    return "?" + quote(raw, safe=_KEPT_IN_QUERY) if raw else ""
