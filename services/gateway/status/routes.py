"""`GET /api/v1/status`: the whole, for everyone."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import ConfigDict

from chassis.health import run_checks
from chassis.identity.access import open_to_all
from chassis.identity.principal import Principal
from chassis.problems import DependencyUnavailable
from chassis.routing import ResourceRouter
from chassis.schemas import Out
from services.gateway.proxy.routing_table import GATEWAY, SERVICES
from services.gateway.state import Gateway, gateway_of
from services.gateway.status.whole import UNREACHABLE, ServiceStatus, overall, summarised

Condition = Literal["ok", "degraded", "down"]
router = ResourceRouter("status")
_SECONDS = 2.0
# everyone may ask, and each answer costs a question to every service
_KEPT_SECONDS = 1.0


class Status(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "degraded",
                    "services": {
                        "gateway": {"ready": True, "checks": {"database": True, "migrations": True}},
                        "registry": {"ready": False, "checks": {"reachable": False}},
                    },
                }
            ]
        }
    )

    status: Condition
    services: dict[str, ServiceStatus]


@router.get("/status", operation_id="get_status", summary="The state of the whole")
async def get_status(
    request: Request, response: Response, _anyone: Annotated[Principal, open_to_all()]
) -> Status:
    """Always 200: what is down is said in the body."""
    response.headers["cache-control"] = "no-store"
    state = request.app.state
    asked_at, kept = getattr(state, "status_kept", (float("-inf"), None))
    if kept is not None and time.monotonic() - asked_at < _KEPT_SECONDS:
        known: Status = kept
        return known
    gateway = gateway_of(request)
    own = run_checks(state.runtime)
    checks, *others = await asyncio.gather(own, *(_ask(gateway, service) for service in SERVICES))
    own_status = 200 if all(check["ok"] for check in checks.values()) else 503
    services = {GATEWAY: summarised(own_status, {"checks": checks})}
    services |= dict(zip(SERVICES, others, strict=True))
    answer = Status(status=overall(services), services=services)
    state.status_kept = (time.monotonic(), answer)
    return answer


async def _ask(gateway: Gateway, service: str) -> ServiceStatus:
    try:
        return summarised(*await gateway.upstream.get_json(service, "/readyz", [], _SECONDS))
    except DependencyUnavailable:
        return UNREACHABLE
