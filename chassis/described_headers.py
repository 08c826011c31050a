"""What the contract says of headers: those that the route class reads and sets, which no signature shows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_ETAG = {"ETag": {"description": "Version and digest of the answer", "schema": {"type": "string"}}}


def header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """An OpenAPI parameter."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "schema": {"type": "string"},
        "description": description,
    }


def request_headers(method: str, *, public: bool, locked: bool, single: bool) -> Iterator[dict[str, Any]]:
    """`locked`: the route compares versions; `single`: it answers a resource that has an ETag."""
    if locked:
        yield header("If-Match", "ETag of the object as it was read; its version counts", required=True)
    if method == "POST" and not public:
        yield header("Idempotency-Key", "Repeating it repeats the answer; machine clients must send one")
    if method == "GET" and single:
        yield header("If-None-Match", "ETags of answers that are held already")


def answered_headers(method: str, status: int, *, single: bool) -> dict[str, Any]:
    """OpenAPI responses, to be merged with the others."""
    if not single:
        return {}
    answers: dict[str, Any] = {str(status): {"headers": _ETAG}}
    if method == "GET":
        answers["304"] = {"description": "The answer that is held is still right"}
    return answers
