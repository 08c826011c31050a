"""The state of the whole from the states of its parts: pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.schemas import Out


class ServiceStatus(Out):
    """Whether a service is ready, and which of its checks hold; reasons stay with the service."""

    ready: bool
    checks: dict[str, bool]


def summarised(status: int, body: Any) -> ServiceStatus:
    """From a service's answer to `/readyz`."""
    checks = body.get("checks") if isinstance(body, Mapping) else None
    listed = checks if isinstance(checks, Mapping) else {}
    return ServiceStatus(
        ready=status == 200,
        checks={
            name: isinstance(check, Mapping) and check.get("ok") is True for name, check in listed.items()
        },
    )


UNREACHABLE = ServiceStatus(ready=False, checks={"reachable": False})


def overall(services: Mapping[str, ServiceStatus]) -> str:
    """`ok` when all are ready, `down` when none of the services behind the gateway is, else `degraded`."""
    if all(status.ready for status in services.values()):
        return "ok"
    behind = [status.ready for name, status in services.items() if name != "gateway"]
    return "degraded" if any(behind) else "down"
