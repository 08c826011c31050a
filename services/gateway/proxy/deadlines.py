"""How long a request may take."""

from __future__ import annotations

from urllib.parse import parse_qs

_READ_SECONDS, _WRITE_SECONDS, _LONGEST_WAIT = 30.0, 60.0, 60.0


def seconds_for(method: str, query: bytes) -> float:
    """30 s to read, 60 s for anything else, and what a long poll asks to wait (`wait`, at most 60 s)."""
    base = _READ_SECONDS if method in {"GET", "HEAD", "OPTIONS"} else _WRITE_SECONDS
    given = parse_qs(query.decode("latin-1")).get("wait", ["0"])[0]
    try:
        wait = float(given)
    except ValueError:
        return base
    # written so that NaN adds nothing
    return base + min(wait, _LONGEST_WAIT) if wait > 0 else base
