"""How every route is served: access, bounded strict JSON, one transaction, idempotency, ETag.

A route is refused at import when it names no permission: `Annotated[Principal, require("…")]`.
"""

from __future__ import annotations

import asyncio
import email.message
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from sqlalchemy.ext.asyncio import AsyncSession

from chassis import idempotency
from chassis.audit.reason import reason_of
from chassis.audit.recording import Asked, ask
from chassis.described_headers import answered_headers, request_headers
from chassis.etag import etag, expected_version, not_modified, version_of
from chassis.identity.access import Requirement
from chassis.identity.principal import Principal
from chassis.intake import Intake
from chassis.json_body import StrictRequest
from chassis.problems import (
    Issue,
    MalformedRequest,
    ServiceUnavailable,
    UnknownParameter,
    UnsupportedMediaType,
)
from chassis.query_parameters import QueryParameters
from chassis.schemas import VersionedOut
from chassis.shape.answer import shaped
from chassis.shape.expansion import EXPANDED, Expandable
from chassis.shape.fields import fields_asked, fields_parameter, members_of
from chassis.text import nearest_of
from chassis.tracing import remaining_seconds
from chassis.words import Words

if TYPE_CHECKING:
    from chassis.fast.middleware import Registered

_LONGEST_REQUEST_SECONDS = 60.0
PRIVATE, VARY = "private, no-cache", "Authorization, Accept-Language"
JSON_TYPES = ("application/json",)
MERGE_PATCH = "application/merge-patch+json"


def session_of(request: Request) -> AsyncSession:
    session: AsyncSession = request.state.session
    return session


# The request's transaction; commits when the answer is ready, before it is sent.
Transaction = Annotated[AsyncSession, Depends(session_of)]


def _flat(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _flat(part)


class ResourceRoute(APIRoute):
    """Route class of `ResourceRouter`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        parts = list(_flat(self.dependant))
        requirements = [part.call for part in parts if isinstance(part.call, Requirement)]
        if len(requirements) != 1:
            raise TypeError(
                f"{sorted(self.methods or ())} {path} must name exactly one permission with require()"
            )
        self.requirement = requirements[0]
        self.intake = next((part.call for part in parts if isinstance(part.call, Intake)), None)
        self.raw_body = bool((self.openapi_extra or {}).get("x-raw-body"))
        calls: list[object] = [part.call for part in parts]
        declared = [call for call in calls if isinstance(call, QueryParameters)]
        self.query_names = {field.alias for part in parts for field in part.query_params}
        self.query_names.update(*(query.names() for query in declared))
        self.openapi_extra = {**(self.openapi_extra or {}), "x-permission": self.requirement.permission}
        self.single = isinstance(self.response_model, type) and issubclass(self.response_model, VersionedOut)
        self.members = members_of(self.response_model) if "GET" in (self.methods or ()) else ()
        shown = [fields_parameter(self.members)] if self.members else []
        self.query_names.update(item["name"] for item in shown)
        method = min(self.methods or {"GET"})
        public = self.requirement.permission == "public"
        listed = [item for query in declared for item in query.parameters]
        self.openapi_extra["parameters"] = [
            *self.openapi_extra.get("parameters", ()),
            *listed,
            *shown,
            *request_headers(method, public=public, locked=expected_version in calls, single=self.single),
        ]
        status = self.status_code or 200
        answers = answered_headers(method, status, single=self.single)
        self.openapi_extra["responses"] = {**self.openapi_extra.get("responses", {}), **answers}
        for query in declared:
            if isinstance(query, Expandable):
                self.openapi_extra[EXPANDED] = query.schemas()

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def serve(request: Request) -> Response:
            strict = StrictRequest(request.scope, request.receive)
            own = request.app.state.runtime.settings.own
            strict.max_bytes = own.max_import_bytes if self.raw_body else own.max_body_bytes
            principal = self.requirement.check(strict)
            self._check_query(strict)
            strict.state.fields = fields_asked(strict, self.members)
            if self.body_field is not None:
                self._check_content_type(strict)
                await strict.json()
            async with (
                self._taken_in(strict, principal),
                request.app.state.runtime.database.transaction() as session,
            ):
                strict.state.session = session
                await self._say_who_asks(session, strict, principal)
                return await idempotency.once(
                    session, strict, principal, lambda: self._answer(handle, strict)
                )

        async def serve_in_time(request: Request) -> Response:
            longest = self.intake.longest_seconds if self.intake else _LONGEST_REQUEST_SECONDS
            try:
                async with asyncio.timeout(remaining_seconds(longest)):
                    return await serve(request)
            except TimeoutError as error:
                raise ServiceUnavailable(
                    Words("未能在期限内完成", "The deadline passed before this was done")
                ) from error

        return serve_in_time

    @asynccontextmanager
    async def _taken_in(self, request: Request, principal: Principal) -> AsyncIterator[None]:
        if self.intake is None:
            yield
            return
        async with self.intake.taken_in(request, principal) as request.state.intake:
            yield

    async def _answer(
        self, handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request
    ) -> Response:
        response = await handle(request)
        response.headers.setdefault("cache-control", PRIVATE)
        response.headers.setdefault("vary", VARY)
        # what is no resource, a file perhaps, has no body yet
        if response.status_code in {200, 201} and (self.single or self.members):
            body = await shaped(request, bytes(response.body), single=self.single)
            if self.single:
                response.headers["etag"] = etag(version_of(bytes(response.body)), body)
            if body is not response.body:
                response.body = body
                response.headers["content-length"] = str(len(body))
        if link := getattr(request.state, "link", None):
            response.headers["link"] = link
        if "etag" in response.headers and request.method == "GET" and not_modified(request, response):
            kept = {name: response.headers[name] for name in ("etag", "cache-control", "vary")}
            return Response(status_code=304, headers=kept)
        return response

    async def _say_who_asks(self, session: AsyncSession, request: Request, principal: Principal) -> None:
        if request.method == "GET":
            return
        body = await request.json() if self.body_field is not None else None
        action = self.operation_id or self.name
        ask(session, Asked(principal.subject, sorted(principal.roles), action, reason_of(request, body)))

    def _check_query(self, request: Request) -> None:
        # servers let bytes through that are no URI (RFC 3986)
        if not request.scope["query_string"].isascii():
            raise MalformedRequest(Words("查询串须用百分号编码", "The query string must be percent-encoded"))
        for name in request.query_params:
            if name not in self.query_names:
                near = nearest_of(name, self.query_names)
                hint = Words(f": 是否指 {near}?", f": did you mean {near}?") if near else Words("", "")
                words = Words(f"未知参数 {name[:60]}{hint.zh}", f"Unknown parameter {name[:60]}{hint.en}")
                issue = Issue(
                    "unknown_parameter",
                    words,
                    parameter=name[:60],
                    params={"nearest": near},
                )
                raise UnknownParameter(words, issues=[issue])

    def _check_content_type(self, request: Request) -> None:
        allowed = (*JSON_TYPES, MERGE_PATCH) if "PATCH" in (self.methods or ()) else JSON_TYPES
        message = email.message.Message()
        message["content-type"] = request.headers.get("content-type", "")
        if message.get_content_type() not in allowed or "content-type" not in request.headers:
            names = ", ".join(allowed)
            raise UnsupportedMediaType(Words(f"可用: {names}", f"Use {names}"))


class ResourceRouter(APIRouter):
    """An APIRouter below `/api/v1` whose routes are all served as above."""

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/api/v1", tags=[tag], route_class=ResourceRoute)
        self.fast_reads: list[Registered] = []
