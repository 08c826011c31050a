"""Turns problems, and what the framework itself refuses, into application/problem+json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy import exc as sa_exc
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chassis import problems as p
from chassis.database_errors import problem_for_database_error
from chassis.tracing import current_trace_id
from chassis.words import Words, preferred_language

log = structlog.get_logger("problems")

_ZH = {
    "missing": "缺少必填成员",
    "extra_forbidden": "未知成员",
    "string_too_long": "文字过长",
    "string_too_short": "文字过短",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "uuid_parsing": "不是有效的 UUID",
    "decimal_parsing": "不是有效的十进制数",
    "string_type": "应为字符串",
    "string_unicode": "不是有效的 Unicode 文字",
    "string_pattern_mismatch": "格式不符",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_parsing_size": "整数过大",
    "int_from_float": "应为整数",
    "float_parsing": "应为数字",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "list_type": "应为数组",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_long": "项数过多",
    "too_short": "项数过少",
    "greater_than_equal": "小于允许的最小值",
    "less_than_equal": "大于允许的最大值",
    "datetime_from_date_parsing": "不是有效的时刻 (RFC 3339)",
    "timezone_aware": "时刻须带时区",
}
_CODES = {
    "missing": "required",
    "extra_forbidden": "unknown_member",
    "literal_error": "not_allowed",
    "enum": "not_allowed",
}


def body(problem: p.Problem, language: str) -> dict[str, Any]:
    """The members of RFC 9457 with our extensions, in one language."""
    content: dict[str, Any] = {
        "type": f"urn:problem:sdz:{problem.code}",
        "title": problem.title.pick(language),
        "status": problem.status,
        "code": problem.code,
        "detail": (problem.detail or problem.remedy).pick(language),
        "trace_id": current_trace_id(),
        "retryable": problem.retryable,
    }
    if problem.issues:
        content["errors"] = [_issue(issue, language) for issue in problem.issues]
    return content | problem.members


def _issue(issue: p.Issue, language: str) -> dict[str, Any]:
    place = {
        name: value
        for name, value in (
            ("pointer", issue.pointer),
            ("parameter", issue.parameter),
            ("header", issue.header),
        )
        if value is not None
    }
    return {
        **place,
        "code": issue.code,
        "severity": issue.severity,
        "detail": issue.detail.pick(language),
        "params": dict(issue.params),
    }


def respond(problem: p.Problem, accept_language: str | None) -> Response:
    language = preferred_language(accept_language)
    return Response(
        msgspec.json.encode(body(problem, language)),
        status_code=problem.status,
        media_type="application/problem+json",
        headers={"Content-Language": language, "Cache-Control": "no-store", **problem.headers},
    )


def from_validation(errors: Sequence[Mapping[str, Any]]) -> p.Problem:
    """Pydantic's findings as one problem: 422 for the body, 400 for parameters and headers."""
    issues = [_from_pydantic(error) for error in errors]
    if all(issue.pointer is not None for issue in issues):
        count = len(issues)
        return p.ValidationFailed(Words(f"{count} 处错误", f"{count} error(s)"), issues=issues)
    return p.InvalidParameter(issues=issues)


def pointer(parts: Sequence[object]) -> str:
    """RFC 6901 pointer as a URI fragment."""
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def issue_from_pydantic(error: Mapping[str, Any]) -> p.Issue:
    """One finding of pydantic; a model validated by itself counts as the body."""
    return _from_pydantic({**error, "loc": ("body", *error["loc"])})


def _from_pydantic(error: Mapping[str, Any]) -> p.Issue:
    kind, (where, *rest) = str(error["type"]), list(error["loc"]) or ["body"]
    message = str(error["msg"]).removeprefix("Value error, ")
    context = error.get("ctx", {}).get("words")
    words = context if isinstance(context, Words) else Words(_ZH.get(kind, message), message)
    code = _CODES.get(kind, "invalid" if kind == "value_error" else kind)
    name = ".".join(map(str, rest))
    if where in {"query", "path"}:
        return p.Issue(code, words, parameter=name)
    if where in {"header", "cookie"}:
        return p.Issue(code, words, header=name)
    return p.Issue(code, words, pointer=pointer(rest))


def _from_http(error: HTTPException) -> p.Problem:
    kinds: dict[int, type[p.Problem]] = {
        400: p.MalformedRequest,
        404: p.NotFound,
        405: p.MethodNotAllowed,
        413: p.PayloadTooLarge,
        415: p.UnsupportedMediaType,
    }
    kind = kinds.get(error.status_code, p.MalformedRequest if error.status_code < 500 else p.InternalError)
    problem = kind()
    problem.headers.update(error.headers or {})
    return problem


def _methods(request: Request) -> list[str]:
    """What the path allows, whichever routes share it; the framework names those of the first one only."""
    allowed = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(
            route.matches({**request.scope, "method": method})[0] == Match.FULL
            for route in request.app.routes
        )
    ]
    return ["HEAD", *allowed] if "GET" in allowed else allowed


class _Unhandled:
    """ASGI middleware: what nobody expected is 500 and tells nothing of itself.

    The framework's own handler stands outside all middleware, so that its answer had no trace id, and a HEAD
    request got a body.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if scope["type"] != "http" or started:
                raise
            log.exception("unhandled error", exc_info=error)
            language = Headers(scope=scope).get("accept-language")
            await respond(p.InternalError(), language)(scope, receive, send)


def register(app: FastAPI) -> None:
    """Make `app` answer every error, the framework's own included, as a problem.

    To be called before `Tracing` is added, which must be the outer one.
    """

    def answer(request: Request, problem: p.Problem) -> Response:
        return respond(problem, request.headers.get("accept-language"))

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, p.Problem)
        return answer(request, error)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return answer(request, from_validation(error.errors()))

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        problem = _from_http(error)
        if error.status_code == 405:
            problem.headers["Allow"] = ", ".join(_methods(request))
        return answer(request, problem)

    async def on_database(request: Request, error: Exception) -> Response:
        problem = problem_for_database_error(error)
        if problem is None:
            log.exception("unhandled database error", exc_info=error)
            problem = p.InternalError()
        return answer(request, problem)

    app.add_exception_handler(p.Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(sa_exc.SQLAlchemyError, on_database)
    app.add_exception_handler(OSError, on_database)
    app.add_middleware(_Unhandled)
