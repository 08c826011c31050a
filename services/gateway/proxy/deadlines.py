"""How long a request may take."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

_READ_SECONDS, _WRITE_SECONDS, _LONGEST_WAIT = 30.0, 60.0, 60.0
# what the body of an answer may take after the deadline for its beginning
_BODY_SECONDS = 60.0
# a hundred megabytes over a line of 1.5 Mbit/s
_FILE_SECONDS = 600.0
_UPLOAD = re.compile(r"/api/v1/[^/]+/[^/]+/documents")
_DOWNLOAD = re.compile(r"/api/v1/[^/]+/[^/]+/documents/[^/]+/content")


def seconds_for(method: str, path: str, query: bytes) -> float:
    """30 s to read, 600 s to upload a document, 60 s for anything else; and what a long poll asks to wait.

    That is `wait`, at most 60 s.
    """
    base = _READ_SECONDS if method in {"GET", "HEAD", "OPTIONS"} else _WRITE_SECONDS
    if method == "POST" and _UPLOAD.fullmatch(path):
        base = _FILE_SECONDS
    given = parse_qs(query.decode("latin-1")).get("wait", ["0"])[0]
    try:
        wait = float(given)
    except ValueError:
        return base
    # written so that NaN adds nothing
    return base + min(wait, _LONGEST_WAIT) if wait > 0 else base


def body_seconds_for(path: str) -> float:
    """What the answer's body may take once it has begun."""
    return _FILE_SECONDS if _DOWNLOAD.fullmatch(path) else _BODY_SECONDS
