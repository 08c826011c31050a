"""A client of the platform as any province could write it: HTTP, a token, idempotency keys."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlencode

import httpx

from sdz.trouble import Trouble

_RENEW_SECONDS = 60
_TRIES = 5


class Api:
    """`/api/v1` of a gateway, as the machine client `client_id`."""

    def __init__(self, gateway_url: str, client_id: str, client_secret: str) -> None:
        self._credentials = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._client = httpx.Client(base_url=f"{gateway_url}/api/v1", timeout=120, trust_env=False)
        self._token, self._expires = "", 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: str) -> Any:
        """The decoded answer; `Trouble` with the platform's own words for anything but 2xx."""
        return content_of(self._send("GET", _with(path, query)))

    def find(self, path: str) -> tuple[Any, str] | None:
        """The object and its ETag, or None when there is none."""
        answer = self._send("GET", path)
        return None if answer.status_code == 404 else (content_of(answer), answer.headers["etag"])

    def pages(self, path: str, **query: str) -> Iterator[Any]:
        """All items of a list, page after page."""
        cursor = None
        while True:
            page = self.get(path, **query, limit="500", **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                return

    def post(self, path: str, body: Any) -> Any:
        return content_of(self._send("POST", path, json=body))

    def patch(self, path: str, body: Any, etag: str) -> Any:
        return content_of(self._send("PATCH", path, json=body, headers={"if-match": etag}))

    def import_sheet(self, collection: str, content: bytes) -> dict[str, int]:
        """Import a CSV, all or nothing; the counts of the report."""
        headers = {"content-type": "text/csv"}
        answer = self._send("POST", f"/{collection}/imports?commit=true", content=content, headers=headers)
        counts: dict[str, int] = content_of(answer)["counts"]
        return counts

    def _send(
        self, method: str, path: str, headers: dict[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        """Send; busy answers (429, 503) and lost connections are tried again under the same key."""
        headers = {
            "authorization": f"Bearer {self._valid_token()}",
            "accept-language": _language(),
            **(headers or {}),
        }
        if method == "POST":
            headers["idempotency-key"] = str(uuid.uuid4())
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._client.request(method, path, headers=headers, **content)
            except httpx.TransportError as error:
                if attempt == _TRIES or method == "PATCH":
                    raise Trouble(
                        f"{self._client.base_url} does not answer ({type(error).__name__})",
                        "is the platform running? start it with: make run",
                    ) from None
                time.sleep(attempt)
                continue
            if answer.status_code not in {429, 503} or attempt == _TRIES:
                break
            time.sleep(float(answer.headers.get("retry-after", "1")))
        return answer

    def _valid_token(self) -> str:
        if time.monotonic() > self._expires:
            try:
                answer = self._client.post("/tokens", json=self._credentials)
            except httpx.TransportError:
                raise Trouble(
                    f"{self._client.base_url} does not answer",
                    "is the platform running? start it with: make run",
                ) from None
            given = content_of(answer)
            self._token = given["access_token"]
            self._expires = time.monotonic() + given["expires_in"] - _RENEW_SECONDS
        return self._token


def reference(text: str) -> str:
    """A reference as a part of a path."""
    return quote(text, safe=":")


def _language() -> str:
    """That of the person's terminal."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "zh-Hans" if spoken.startswith("zh") else "en"


def _with(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def content_of(answer: httpx.Response) -> Any:
    """The decoded answer; `Trouble` with the platform's own words for anything but 2xx."""
    if answer.is_success:
        return answer.json() if answer.content else None
    try:
        problem = answer.json()
    except ValueError:
        problem = {"title": answer.reason_phrase, "detail": answer.text[:200]}
    where = f"{answer.request.method} {answer.request.url.path}"
    faults = problem.get("report", {}).get("rows", []) or problem.get("errors", [])
    first = f"; first: {_fault(faults[0])}" if faults else ""
    raise Trouble(f"{where}: {answer.status_code} {problem.get('title')}: {problem.get('detail')}{first}")


def _fault(fault: dict[str, Any]) -> str:
    if "issues" in fault:
        issue = fault["issues"][0]
        return f"row {fault['row']} column {issue['column']}: {issue['detail']} {issue['params']}"
    return f"{fault.get('pointer') or fault.get('parameter')}: {fault['detail']}"
