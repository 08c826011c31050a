"""One part of a composite: what a service answered, or why it is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chassis.identity.principal import Principal
from chassis.problems import DependencyUnavailable
from chassis.schemas import Unavailable
from chassis.tracing import TIMEOUT_HEADER, traceparent
from services.gateway.state import Gateway


@dataclass(frozen=True)
class Part:
    """`body` is the answer of 200; else it is None, and `status`, `code` and `detail` say why."""

    name: str
    service: str
    body: Any = None
    status: int = 200
    code: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Wanted:
    """What to ask of a service; `target` is the encoded path and query."""

    name: str
    service: str
    target: str


def unavailable(parts: Iterable[Part]) -> list[Unavailable]:
    """Those of the parts that are missing."""
    return [
        Unavailable(part=part.name, dependency=part.service, code=part.code, detail=part.detail)
        for part in parts
        if part.body is None
    ]


async def fetch_part(
    gateway: Gateway, principal: Principal, wanted: Wanted, language: str, seconds: float
) -> Part:
    """Ask with the caller's own rights; a failure is a part too, never an exception."""
    headers = [
        ("authorization", f"Bearer {gateway.exchange.token_for(principal, wanted.service)}"),
        ("accept-language", language),
        ("traceparent", traceparent()),
        (TIMEOUT_HEADER, str(int(seconds * 1000))),
    ]
    try:
        status, body = await gateway.upstream.get_json(wanted.service, wanted.target, headers, seconds)
    except DependencyUnavailable as problem:
        detail = (problem.detail or problem.title).pick(language)
        return Part(wanted.name, wanted.service, None, problem.status, problem.code, detail)
    if status == 200 and isinstance(body, dict):
        return Part(wanted.name, wanted.service, body)
    said = body if isinstance(body, dict) else {}
    return Part(
        wanted.name,
        wanted.service,
        None,
        status if status != 200 else 502,
        str(said.get("code", "unexpected_answer")),
        str(said.get("detail", f"HTTP {status}")),
    )
