"""`/api/v1/views`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Request
from pydantic import ConfigDict

from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.language import caller_language
from chassis.routing import ResourceRouter
from chassis.schemas import Out, Unavailable
from chassis.tracing import remaining_seconds
from services.gateway.state import gateway_of
from services.gateway.views.part import Wanted, fetch_part
from services.gateway.views.zone_view import compose

router = ResourceRouter("views")
_SECONDS = 5.0


class Library(Out):
    """The first few, and how many there are."""

    items: list[dict[str, Any]]
    total: int | None


class ZoneView(Out):
    """A zone with what the other services know of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "zone": {"id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01", "name": "慈溪市"},
                    "projects": {"items": [], "total": 0},
                    "achievements": None,
                    "latest_score": None,
                    "partial": True,
                    "unavailable": [
                        {
                            "part": "achievements",
                            "dependency": "projects",
                            "code": "dependency_unavailable",
                            "detail": "The service projects did not answer (ConnectError)",
                        }
                    ],
                }
            ]
        }
    )

    zone: dict[str, Any] | None
    projects: Library | None
    achievements: Library | None
    latest_score: dict[str, Any] | None
    partial: bool
    unavailable: list[Unavailable]


@router.get(
    "/views/zones/{ref}", operation_id="view_zone", summary="A zone with its library and latest score"
)
async def view_zone(
    request: Request, caller: Annotated[Principal, require("zone.read")], ref: str
) -> ZoneView:
    """Asked of all services at once; one that is down leaves its part out (`partial`), not the answer."""
    Reference.from_path(ref)
    name = quote(ref, safe=":")
    wanted = [
        Wanted("zone", "registry", f"/api/v1/zones/{name}"),
        Wanted("projects", "projects", f"/api/v1/projects?zone={name}&limit=5&count=exact"),
        Wanted("achievements", "projects", f"/api/v1/achievements?zone={name}&limit=5&count=exact"),
        Wanted("latest_score", "evaluation", f"/api/v1/scores?zone={name}&sort=-created_at&limit=1"),
    ]
    language = caller_language(request)
    seconds = remaining_seconds(_SECONDS)
    gateway = gateway_of(request)
    parts = await asyncio.gather(*(fetch_part(gateway, caller, one, language, seconds) for one in wanted))
    return ZoneView(**compose(parts))
