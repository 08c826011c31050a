"""Why someone asks for a change: the header `SDZ-Reason`, else the body's `comment`."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi import Request

from chassis.problems import InvalidParameter, Issue
from chassis.text import is_clean
from chassis.words import Words

HEADER = "SDZ-Reason"
MOST_CHARACTERS = 1000


def reason_of(request: Request, body: Any) -> str | None:
    """The reason, or None where there is none; 400 for a header that is no percent-encoded UTF-8 text."""
    given = request.headers.getlist(HEADER)
    if given:
        return _decoded(given)
    comment = body.get("comment") if isinstance(body, dict) else None
    if not isinstance(comment, str) or not is_clean(comment):
        return None  # if it is no comment at all, its own schema says so
    return comment.strip()[:MOST_CHARACTERS] or None


def _decoded(given: list[str]) -> str | None:
    try:
        text = unquote_to_bytes(given[0]).decode("utf-8")
    except UnicodeError:
        text = "\x00"
    if len(given) > 1 or not given[0].isascii() or not is_clean(text) or len(text) > MOST_CHARACTERS:
        words = Words(
            f"应为百分号编码的 UTF-8 文本, 至多 {MOST_CHARACTERS} 字",
            f"Must be percent-encoded UTF-8 text of at most {MOST_CHARACTERS} characters",
        )
        raise InvalidParameter(words, issues=[Issue("invalid_reason", words, header=HEADER)])
    return text.strip() or None
