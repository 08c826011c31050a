"""Trace ids (W3C Trace Context), the deadline of a request, HEAD, and one log line a request: pure ASGI."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis.logs import log_request
from chassis.telemetry.requests import UNMATCHED, RequestMetrics
from chassis.telemetry.spans import Traces, current_span, span_id_of

if TYPE_CHECKING:
    from opentelemetry.trace import Span

TIMEOUT_HEADER = "sdz-timeout-ms"
TRACED = "sdz.traced_method"
# In the scope: where whoever serves the request may note its route's template, for the metrics.
SEEN = "sdz.seen"
_TRACEPARENT = re.compile(r"^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$")
_trace_id: ContextVar[str] = ContextVar("trace_id", default="0" * 32)
_flags: ContextVar[str] = ContextVar("trace_flags", default="00")
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)
_NO_SPAN = nullcontext(None)


def current_trace_id() -> str:
    return _trace_id.get()


def continue_trace(trace_id: str) -> None:
    """What this task does from here on belongs to the trace in which it was asked for."""
    _trace_id.set(trace_id)


def traceparent() -> str:
    """The header that hands this trace to the next hop; a sampled one stays sampled."""
    span = current_span()
    if span is not None:
        return f"00-{_trace_id.get()}-{span_id_of(span)}-01"
    return f"00-{_trace_id.get()}-{secrets.token_hex(8)}-{_flags.get()}"


def remaining_seconds(limit: float) -> float:
    """Seconds that the caller still waits, at most `limit`, at least zero."""
    deadline = _deadline.get()
    return limit if deadline is None else max(0.0, min(limit, deadline - time.monotonic()))


class Tracing:
    """ASGI middleware; outermost, so that every answer carries its trace id and is logged once.

    What it hands on carries `TRACED`, the method as it came (HEAD is served as GET): an app that is called in
    process behind another one traces nothing a second time.
    """

    def __init__(
        self, app: ASGIApp, service: str, requests: RequestMetrics, traces: Traces | None = None
    ) -> None:
        self.app, self.service, self.requests, self.traces = app, service, requests, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if TRACED in scope:
            try:
                await self.app(scope, receive, send)
            finally:
                _note_route(scope)
            return
        headers = dict(scope["headers"])
        matched = _TRACEPARENT.match(headers.get(b"traceparent", b"").decode("latin-1"))
        trace_id = matched[1] if matched else secrets.token_hex(16)
        sampled = matched is not None and int(matched[3], 16) & 1 == 1
        _trace_id.set(trace_id)
        _flags.set("01" if sampled else "00")
        timeout = headers.get(TIMEOUT_HEADER.encode(), b"")
        # nine digits are eleven days: longer numbers are rubbish, not deadlines
        _deadline.set(
            time.monotonic() + int(timeout) / 1000 if timeout.isdigit() and len(timeout) < 10 else None
        )
        head = scope["method"] == "HEAD"
        method = scope["method"]
        scope = {**scope, TRACED: method, SEEN: {}, "method": "GET" if head else method}
        started, status = time.perf_counter(), 500

        async def traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), (b"trace-id", trace_id.encode())]
            elif head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        traces = self.traces if self.traces is not None and (sampled or self.traces.draws()) else None
        self.requests.begin()
        try:
            with (
                traces.request(trace_id, matched[2] if matched else None, method)
                if traces
                else _NO_SPAN as span
            ):
                try:
                    await self.app(scope, receive, traced)
                finally:
                    _note_route(scope)
                    if span is not None:
                        _tell(span, method, scope, status)
        finally:
            seconds = time.perf_counter() - started
            self.requests.end(method, scope[SEEN].get("template", UNMATCHED), status, seconds)
            log_request(
                {
                    "service": self.service,
                    "method": method,
                    "path": scope["path"],
                    "status": status,
                    "ms": round(seconds * 1000, 1),
                    "trace_id": trace_id,
                }
            )


def _note_route(scope: Scope) -> None:
    """Of a request that a route of the framework has served."""
    route = scope.get("route")
    if route is not None:
        scope[SEEN].setdefault("template", getattr(route, "path", UNMATCHED))


def _tell(span: Span, method: str, scope: Scope, status: int) -> None:
    template = scope[SEEN].get("template", UNMATCHED)
    span.update_name(f"{method} {template}")
    span.set_attributes(
        {"http.request.method": method, "http.route": template, "http.response.status_code": status}
    )
