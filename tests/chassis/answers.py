"""What every refusal must look like, and requests that no client library would send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import msgspec
from fastapi import FastAPI
from hypothesis import HealthCheck, settings

# Examples share the database of the test; what one leaves must not matter to the next.
shared_database = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def problem_of(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The members of a problem answer, after checking that it is a whole one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"urn:problem:sdz:{problem['code']}"
    assert (problem["status"], len(problem["trace_id"])) == (status, 32)
    assert problem["trace_id"] != "0" * 32
    assert answer.headers["trace-id"] == problem["trace_id"]
    assert problem["title"]
    assert problem["detail"]
    assert isinstance(problem["retryable"], bool)
    if code is not None:
        assert problem["code"] == code
    return problem


def refused_or_done(answer: httpx.Response) -> None:
    """A 2xx, or a whole problem of the 4xx: never a server error, for no input."""
    if answer.status_code >= 300:
        assert answer.status_code < 500, answer.text
        problem_of(answer, answer.status_code)


@dataclass(frozen=True)
class RawAnswer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return str(msgspec.json.decode(self.body)["code"])


async def raw_request(
    app: FastAPI,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: dict[str, str] | None = None,
    chunks: tuple[bytes, ...] = (),
) -> RawAnswer:
    """Speak ASGI as a server does, with bytes that a client library would mend or refuse."""
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(errors="replace"),
        "query_string": query,
        "root_path": "",
        "headers": [(k.lower().encode(), v.encode("latin-1")) for k, v in (headers or {}).items()],
        "server": ("service", 80),
        "client": ("127.0.0.1", 1),
    }
    await app(scope, receive, send)
    head = next(message for message in sent if message["type"] == "http.response.start")
    return RawAnswer(
        head["status"],
        {k.decode(): v.decode("latin-1") for k, v in head["headers"]},
        b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body"),
    )
