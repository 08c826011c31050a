"""How the parts of a zone's view become one answer: pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.problems import DependencyUnavailable, Forbidden, NotFound
from chassis.words import Words
from services.gateway.views.part import Part, unavailable

_KNOWN_ELSEWHERE = ("id", "code", "name", "names")


def compose(parts: Sequence[Part]) -> dict[str, Any]:
    """The members of the answer; parts are named `zone`, `projects`, `achievements` and `latest_score`.

    The registry decides whether there is such a zone for this caller: its 404 and 403 are raised. A part that
    failed otherwise is null and listed. Raises DependencyUnavailable (503) when no part is there.
    """
    by_name = {part.name: part for part in parts}
    zone = by_name["zone"]
    if zone.status == 404:
        raise NotFound()
    if zone.status == 403:
        raise Forbidden(Words(zone.detail, zone.detail))
    missing = [part for part in parts if part.body is None]
    if len(missing) == len(parts):
        raise DependencyUnavailable(
            Words("所有组成部分均不可用", "No part of this is available"), dependency=zone.service
        )
    scores = _items(by_name["latest_score"])
    return {
        "zone": zone.body if zone.body is not None else _told_by_others(parts),
        "projects": _shortened(by_name["projects"]),
        "achievements": _shortened(by_name["achievements"]),
        "latest_score": scores[0] if scores else None,
        "partial": bool(missing),
        "unavailable": unavailable(parts),
    }


def _items(part: Part) -> list[Any]:
    items = part.body.get("items") if part.body is not None else None
    return items if isinstance(items, list) else []


def _shortened(part: Part) -> dict[str, Any] | None:
    if part.body is None:
        return None
    page = part.body.get("page")
    return {"items": _items(part), "total": page.get("total") if isinstance(page, Mapping) else None}


def _told_by_others(parts: Sequence[Part]) -> dict[str, Any] | None:
    """What other services' copies say of the zone, at least its name."""
    for part in parts:
        for item in _items(part):
            zone = item.get("zone") if isinstance(item, Mapping) else None
            if isinstance(zone, Mapping) and "name" in zone:
                return {name: zone[name] for name in _KNOWN_ELSEWHERE if name in zone}
    return None
