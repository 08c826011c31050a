"""Every environment variable that the code reads, as its settings classes and name functions give them."""

from __future__ import annotations

from pydantic_settings import BaseSettings

from chassis.settings import Addresses, OwnSettings
from sdz.database_urls import owner_variable, runtime_variable
from sdz.services import SERVICES
from sdz.settings import Settings
from services.gateway.settings import GatewaySettings


def container_variables() -> set[str]:
    """What means something inside a container: to a service, to bootstrap-database or to migrate."""
    names = _fields(Addresses, "SDZ_") | _fields(GatewaySettings, "SDZ_GATEWAY_")
    urls = {"SDZ_ADMIN_DATABASE_URL"}
    for service in SERVICES:
        names |= _fields(OwnSettings, f"SDZ_{service.upper()}_")
        urls |= {runtime_variable(service), owner_variable(service)}
    return names | {name + ending for name in urls for ending in ("", "_FILE")}


def command_variables() -> set[str]:
    """What `sdz` reads where it runs the platform without containers."""
    ports = {f"SDZ_{service.upper()}_PORT" for service in SERVICES}
    return _fields(Settings, "SDZ_") | ports


def _fields(settings: type[BaseSettings], prefix: str) -> set[str]:
    return {prefix + name.upper() for name in settings.model_fields}
