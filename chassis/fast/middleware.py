"""Answers hot reads before the framework sees them, and hands on whatever is not plainly one.

What is answered here is 200 or 304. A caller who is not let in, an object that is not there, a parameter that
is not known: all that goes the ordinary way, which knows how to say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.fast.reads import Answer, Call, FastOne, FastPage
from chassis.problem_responses import respond
from chassis.problems import Problem, ServiceUnavailable
from chassis.runtime import Runtime
from chassis.tracing import SEEN, remaining_seconds
from chassis.words import Words, preferred_language

_LONGEST_SECONDS = 30.0
_LATE = Words("未能在期限内完成", "The deadline passed before this was done")
log = structlog.get_logger("fast")


@dataclass(frozen=True)
class Registered:
    """A fast read with the path and the permission of the ordinary route that it goes before."""

    path: str
    permission: str
    read: FastOne | FastPage


@dataclass(frozen=True)
class FastReads:
    """ASGI middleware; stands inside `Tracing`, which serves HEAD as GET."""

    app: ASGIApp
    runtime: Runtime
    reads: tuple[Registered, ...]
    _pages: Mapping[str, Registered] = field(init=False)
    _ones: Mapping[str, Registered] = field(init=False)

    def __post_init__(self) -> None:
        pages = {item.path: item for item in self.reads if isinstance(item.read, FastPage)}
        ones = {item.path.rpartition("/")[0]: item for item in self.reads if isinstance(item.read, FastOne)}
        object.__setattr__(self, "_pages", pages)
        object.__setattr__(self, "_ones", ones)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] == "http" and scope["method"] == "GET":
            path: str = scope["path"]
            registered = self._pages.get(path)
            collection, _, name = path.rpartition("/")
            registered = registered or self._ones.get(collection)
            if registered is not None:
                scope[SEEN]["template"] = registered.path
                try:
                    answer = await self._answer(registered, scope, path, name)
                except TimeoutError:
                    language = _header(scope, b"accept-language")
                    await respond(ServiceUnavailable(_LATE), language)(scope, receive, send)
                    return
                except Problem:
                    pass
                except Exception as error:
                    log.warning("a fast read goes the ordinary way", path=path, error=repr(error))
        if answer is None:
            await self.app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, registered: Registered, scope: Scope, path: str, name: str) -> Answer | None:
        authorization = _header(scope, b"authorization") or ""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        principal = self.runtime.verifier.principal(token.strip())
        if registered.permission not in principal.permissions:
            return None
        call = Call(
            self.runtime,
            self.runtime.reads,
            principal,
            path,
            scope["query_string"],
            preferred_language(_header(scope, b"accept-language")),
            _header(scope, b"if-none-match"),
            remaining_seconds(_LONGEST_SECONDS),
        )
        if isinstance(registered.read, FastPage):
            return await registered.read.answer(call)
        return await registered.read.answer(call, name)


def _header(scope: Scope, name: bytes) -> str | None:
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None
