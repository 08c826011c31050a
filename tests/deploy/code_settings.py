"""Every environment variable that the code reads, as its settings classes and name functions give them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from chassis.settings import Addresses, OwnSettings
from sdz.database_urls import owner_variable, runtime_variable
from sdz.services import SERVICES
from sdz.settings import CHECKOUT, Settings
from services.gateway.settings import GatewaySettings

NONE = "–"


def container_variables() -> dict[str, str]:
    """What means something inside a container, to a service, bootstrap-database or migrate; its default."""
    variables = {**dict(_fields(Addresses, "SDZ_")), **dict(_fields(GatewaySettings, "SDZ_GATEWAY_"))}
    addresses = ["SDZ_ADMIN_DATABASE_URL"]
    for service in SERVICES:
        variables |= _fields(OwnSettings, f"SDZ_{service.upper()}_")
        addresses += [runtime_variable(service), owner_variable(service)]
    return variables | {name + ending: NONE for name in addresses for ending in ("", "_FILE")}


def command_variables() -> dict[str, str]:
    """What `sdz` reads where it runs the platform without containers; its default."""
    ports = {f"SDZ_{service.upper()}_PORT": "a free one" for service in SERVICES}
    return ports | dict(_fields(Settings, "SDZ_"))


def _fields(settings: type[BaseSettings], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in settings.model_fields.items():
        default = field.default
        if isinstance(default, Path):
            default = default.relative_to(CHECKOUT)
        known = default is not PydanticUndefined and default not in {None, ""}
        yield prefix + name.upper(), str(default) if known else NONE
