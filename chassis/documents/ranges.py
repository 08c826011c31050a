"""One range of bytes (RFC 9110 §14). Several in one request are answered with the whole, as it allows."""

from __future__ import annotations

import re

from chassis.problems import Problem
from chassis.words import Words

_ONE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.IGNORECASE)


class RangeNotSatisfiable(Problem):
    code, status = "range_not_satisfiable", 416
    title = Words("所请求的范围超出内容", "The range lies outside the content")
    remedy = Words("Content-Range 给出内容的长度", "Content-Range tells how long the content is")

    def __init__(self, size: int) -> None:
        super().__init__(headers={"Content-Range": f"bytes */{size}"})


def requested_range(value: str | None, if_range: str | None, etag: str, size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last that are asked for; None for the whole.

    `If-Range` must be the strong `etag`, else the whole is meant, as for what is no range that we read.
    Raises RangeNotSatisfiable (416).
    """
    matched = _ONE.fullmatch(value.strip()) if value is not None else None
    if matched is None or (if_range is not None and if_range.strip() != etag):
        return None
    first, last = matched[1], matched[2]
    if not first and not last:
        return None
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None  # not valid, and so ignored
    if start >= size or start >= end:
        raise RangeNotSatisfiable(size)
    return start, end
