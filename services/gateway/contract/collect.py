"""The services' OpenAPI documents, fetched and kept for a short while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from chassis.problems import DependencyUnavailable
from services.gateway.contract.merge import Document, merge
from services.gateway.proxy.routing_table import CHANGES, GATEWAY, PREFIX, SERVICES, owner_of
from services.gateway.proxy.upstream import Upstream

_KEPT_SECONDS = 60.0
# a service that is down is asked again soon, but not for every reader
_FAILED_SECONDS = 2.0
_TIMEOUT_SECONDS = 5.0


class Contract:
    """The merged document of the services that answer."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._kept: dict[str, tuple[float, Document | None]] = {}

    async def document(self, own: Document) -> dict[str, Any]:
        """OpenAPI 3.1 of the whole; `info.x-missing` names the services whose part is left out."""
        found = await asyncio.gather(*(self._fetch(service) for service in SERVICES))
        return combine(own, dict(zip(SERVICES, found, strict=True)))

    async def _fetch(self, service: str) -> Document | None:
        until, document = self._kept.get(service, (0.0, None))
        if until > time.monotonic():
            return document
        try:
            status, body = await self._upstream.get_json(service, "/openapi.json", [], _TIMEOUT_SECONDS)
            document = body if status == 200 and isinstance(body, dict) else None
        except DependencyUnavailable:
            document = None
        kept = _KEPT_SECONDS if document is not None else _FAILED_SECONDS
        self._kept[service] = (time.monotonic() + kept, document)
        return document


def combine(own: Document, found: Mapping[str, Document | None]) -> dict[str, Any]:
    """The merged document; a service without one is named in `info.x-missing`."""
    missing: Sequence[str] = sorted(service for service, document in found.items() if document is None)
    merged = merge(own, {name: part for name, part in found.items() if part is not None}, _owner)
    if missing:
        merged["info"] = {**own["info"], "x-missing": missing}
    return merged


def _owner(path: str) -> str:
    """As the front routes; every service's feed is one path, which stands once."""
    return GATEWAY if path == PREFIX + CHANGES else owner_of(path)
