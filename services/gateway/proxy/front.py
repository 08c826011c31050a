"""What stands before everything: authenticate, find the owner, exchange the token, hand on. Pure ASGI."""

from __future__ import annotations

import math
from typing import Any

import structlog
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from chassis.database_errors import problem_for_database_error
from chassis.problem_responses import respond
from chassis.problems import InternalError, Problem
from chassis.telemetry.spans import call_span
from chassis.tracing import SEEN, TIMEOUT_HEADER, TRACED, Tracing, remaining_seconds, traceparent
from services.gateway.proxy.deadlines import body_seconds_for, seconds_for
from services.gateway.proxy.headers import from_upstream, to_upstream, with_authorization, without_internal
from services.gateway.proxy.request_body import ClientGone, content_length, read_body
from services.gateway.proxy.routing_table import GATEWAY, PREFIX, owner_of
from services.gateway.proxy.safe_paths import checked_path, checked_query
from services.gateway.state import Gateway

log = structlog.get_logger("front")

# a service ends at its deadline with an answer of its own, which is worth a moment more
_GRACE_SECONDS = 1.0
# whoever asks for a token shows credentials in the body; an old token beside them says nothing
_CREDENTIALS_IN_BODY = PREFIX + "tokens"


class Front:
    """The outer application; `app` is the gateway's own, one more owner of paths."""

    def __init__(self, app: FastAPI, gateway: Gateway) -> None:
        self.app, self.gateway = app, gateway
        self._traced = Tracing(self._serve, GATEWAY, app.state.runtime.requests, app.state.runtime.traces)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            seconds = seconds_for(scope["method"], scope["path"], scope["query_string"])
            deadline = (TIMEOUT_HEADER.encode(), str(int(seconds * 1000)).encode())
            await self._traced(
                {**scope, "headers": [*without_internal(scope["headers"]), deadline]}, receive, send
            )
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        sending = _Sending(send)
        try:
            target = checked_path(scope["raw_path"])
            owner = owner_of(scope["path"], scope["query_string"])
            token = await self._token(scope, owner)
            if owner != GATEWAY:
                scope[SEEN]["template"] = _collection(scope["path"])
                await self._forward(owner, target, token, scope, receive, sending)
                return
        except ClientGone:
            return
        except Exception as error:
            if sending.begun:
                raise
            await respond(_problem(error), _language(scope))(scope, receive, send)
            return
        await self.app({**scope, "headers": with_authorization(scope["headers"], token)}, receive, send)

    async def _token(self, scope: Scope, owner: str) -> str | None:
        if scope["path"] == _CREDENTIALS_IN_BODY:
            return None
        caller = await self.gateway.exchange.caller(scope["headers"])
        return self.gateway.exchange.token_for(caller, owner) if caller is not None else None

    async def _forward(
        self, owner: str, path: str, token: str | None, scope: Scope, receive: Receive, send: _Sending
    ) -> None:
        traces = self.app.state.runtime.traces
        with call_span(traces, f"{scope[TRACED]} {owner}", **{"peer.service": owner}):
            await self._hand_on(owner, path, token, scope, receive, send)

    async def _hand_on(
        self, owner: str, path: str, token: str | None, scope: Scope, receive: Receive, send: _Sending
    ) -> None:
        body = await read_body(scope, receive, self.gateway.settings.max_forwarded_bytes)
        seconds = remaining_seconds(math.inf)
        added = {"traceparent": traceparent(), TIMEOUT_HEADER: str(int(seconds * 1000))}
        if token is not None:
            added["authorization"] = f"Bearer {token}"
        if (length := content_length(scope)) is not None:
            added["content-length"] = str(length)
        async with self.gateway.upstream.send(
            owner,
            scope[TRACED],
            path + checked_query(scope["query_string"]),
            to_upstream(scope, added),
            seconds + _GRACE_SECONDS,
            body,
            body_seconds_for(scope["path"]),
        ) as answer:
            await send(
                {
                    "type": "http.response.start",
                    "status": answer.status,
                    "headers": from_upstream(answer.headers),
                }
            )
            missing = answer.length()
            async for chunk in answer.chunks():
                if missing is not None:
                    missing -= len(chunk)
                # the last piece says that it is the last, where that is known: one message less
                await send({"type": "http.response.body", "body": chunk, "more_body": missing != 0})
            if missing != 0:
                await send({"type": "http.response.body", "body": b""})


class _Sending:
    """Knows whether an answer has begun: from then on no other can be given."""

    def __init__(self, send: Send) -> None:
        self._send, self.begun = send, False

    async def __call__(self, message: Message) -> None:
        self.begun = True
        await self._send(message)


def _collection(path: str) -> str:
    """A template for the metrics: whose path it is decides by its first segment, the rest is the owner's."""
    return f"{PREFIX}{path.removeprefix(PREFIX).split('/')[0]}/…"


def _problem(error: Exception) -> Problem:
    if isinstance(error, Problem):
        return error
    problem = problem_for_database_error(error)
    if problem is None:
        log.exception("unhandled error", exc_info=error)
        problem = InternalError()
    return problem


def _language(scope: Scope) -> str | None:
    headers: dict[bytes, Any] = dict(scope["headers"])
    value = headers.get(b"accept-language")
    return value.decode("latin-1") if value is not None else None
