"""Small real servers on loopback in place of the services behind the gateway."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

Answer = Callable[["Seen"], Awaitable[tuple[int, dict[str, str], bytes]]]


@dataclass(frozen=True)
class Seen:
    """A request as the service saw it."""

    method: str
    raw_path: str
    query: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)

    @property
    def token(self) -> str:
        return (self.header("authorization") or "").removeprefix("Bearer ")

    @property
    def by_the_gateway_itself(self) -> bool:
        """It follows the feeds, whatever a test asks of it meanwhile."""
        claims = self.token.split(".")[1] if self.token.count(".") == 2 else ""
        return b'"service:gateway"' in base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4))


@dataclass
class FakeService:
    """Remembers what reaches it and answers JSON by path; `{}` where nothing is told."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        listed = [(name.decode("latin-1"), value.decode("utf-8")) for name, value in scope["headers"]]
        seen = Seen(scope["method"], scope["raw_path"].decode(), scope["query_string"].decode(), listed, body)
        if not seen.by_the_gateway_itself:
            self.seen.append(seen)
        status, content = self.answers.get(seen.raw_path, (200, {}))
        encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"content-type": "application/json", "content-length": str(len(encoded)), **self.headers}
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
            }
        )
        await send({"type": "http.response.body", "body": encoded})


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The address of a real server that runs `app`."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False))
    running = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        await asyncio.sleep(0)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listening.close()


def closed_address() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"
