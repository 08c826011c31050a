"""A request as a value: who sends it is said later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.end_to_end.platform_under_test import key

MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Prepared:
    """A valid request for one effect. `path` holds the query too; `content` is sent as it is."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    content: bytes | None = None

    def send(self, client: httpx.Client) -> httpx.Response:
        headers = {**(key() if self.method == "POST" else {}), **self.headers}
        given = {"json": self.json} if self.json is not None else {"content": self.content}
        return client.request(self.method, self.path, headers=headers, **given)


def sheet(path: str, text: str) -> Prepared:
    """A CSV that is imported for good."""
    joined = "&" if "?" in path else "?"
    return Prepared("POST", f"{path}{joined}commit=true", {"content-type": "text/csv"}, content=text.encode())


def patch(path: str, etag: str, body: Any) -> Prepared:
    return Prepared("PATCH", path, {"if-match": etag, "content-type": MERGE_PATCH}, json=body)


def delete(path: str, etag: str) -> Prepared:
    return Prepared("DELETE", path, {"if-match": etag})
