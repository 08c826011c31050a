"""Asks every service the same and joins the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from chassis.identity.principal import Principal
from chassis.language import caller_language
from chassis.schemas import Unavailable
from chassis.tracing import remaining_seconds
from services.gateway.proxy.routing_table import PREFIX, SERVICES
from services.gateway.state import gateway_of
from services.gateway.views.part import Wanted, fetch_part, unavailable

_SECONDS = 5.0


@dataclass(frozen=True)
class Joined:
    """Items of all services that answered, in order of their key, and the parts that did not."""

    items: list[dict[str, Any]]
    unavailable: list[Unavailable]


async def ask_all(
    request: Request, caller: Principal, collection: str, own: Iterable[Mapping[str, Any]], key: str
) -> Joined:
    """`own` items with those of each service's `GET /api/v1/<collection>`; the first of a key counts."""
    gateway, language = gateway_of(request), caller_language(request)
    seconds = remaining_seconds(_SECONDS)
    parts = await asyncio.gather(
        *(
            fetch_part(gateway, caller, Wanted(collection, service, PREFIX + collection), language, seconds)
            for service in SERVICES
        )
    )
    found: dict[str, dict[str, Any]] = {str(item[key]): dict(item) for item in own}
    for part in parts:
        for item in part.body["items"] if part.body else ():
            found.setdefault(str(item[key]), item)
    return Joined([found[name] for name in sorted(found)], unavailable(parts))
