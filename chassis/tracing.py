"""Trace ids (W3C Trace Context), the deadline of a request, HEAD, and one log line a request: pure ASGI."""

from __future__ import annotations

import re
import secrets
import time
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.logs import log_request

TIMEOUT_HEADER = "sdz-timeout-ms"
TRACED = "sdz.traced_method"
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$")
_trace_id: ContextVar[str] = ContextVar("trace_id", default="0" * 32)
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def current_trace_id() -> str:
    return _trace_id.get()


def continue_trace(trace_id: str) -> None:
    """What this task does from here on belongs to the trace in which it was asked for."""
    _trace_id.set(trace_id)


def traceparent() -> str:
    """The header that hands this trace to the next hop."""
    return f"00-{_trace_id.get()}-{secrets.token_hex(8)}-00"


def remaining_seconds(limit: float) -> float:
    """Seconds that the caller still waits, at most `limit`, at least zero."""
    deadline = _deadline.get()
    return limit if deadline is None else max(0.0, min(limit, deadline - time.monotonic()))


class Tracing:
    """ASGI middleware; outermost, so that every answer carries its trace id and is logged once.

    What it hands on carries `TRACED`, the method as it came (HEAD is served as GET): an app that is called in
    process behind another one traces nothing a second time.
    """

    def __init__(self, app: ASGIApp, service: str) -> None:
        self.app, self.service = app, service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or TRACED in scope:
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        matched = _TRACEPARENT.match(headers.get(b"traceparent", b"").decode("latin-1"))
        trace_id = matched[1] if matched else secrets.token_hex(16)
        _trace_id.set(trace_id)
        timeout = headers.get(TIMEOUT_HEADER.encode(), b"")
        # nine digits are eleven days: longer numbers are rubbish, not deadlines
        _deadline.set(
            time.monotonic() + int(timeout) / 1000 if timeout.isdigit() and len(timeout) < 10 else None
        )
        head = scope["method"] == "HEAD"
        scope = {**scope, TRACED: scope["method"], "method": "GET" if head else scope["method"]}
        started, status = time.perf_counter(), 500

        async def traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"trace-id", trace_id.encode())]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        try:
            await self.app(scope, receive, traced)
        finally:
            log_request(
                {
                    "service": self.service,
                    "method": "HEAD" if head else scope["method"],
                    "path": scope["path"],
                    "status": status,
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                    "trace_id": trace_id,
                }
            )
