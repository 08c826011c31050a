"""What each service is told through its environment."""

from collections.abc import Mapping

from sdz.database_urls import owner_variable, runtime_variable
from sdz.folders import Folders
from sdz.services import SERVICES


def service_environment(
    service: str,
    *,
    base: Mapping[str, str],
    folders: Folders,
    database_url: str,
    urls: Mapping[str, str],
) -> dict[str, str]:
    """The environment of one service: `base` without the secrets of others, and what is this service's own.

    `urls` maps every service to the address where it listens.
    """
    own = {
        runtime_variable(service): database_url,
        "SDZ_KEYS": str(folders.public_keys),
        f"SDZ_{service.upper()}_SIGNING_KEY_FILE": str(folders.secrets / f"{service}_signing_key.pem"),
        "SDZ_CURSOR_KEY_FILE": str(folders.secrets / "cursor_key"),
        f"SDZ_{service.upper()}_DOCUMENTS": base.get(
            f"SDZ_{service.upper()}_DOCUMENTS", str(folders.data / "documents")
        ),
        "PYTHONUNBUFFERED": "1",
        **{f"SDZ_{name.upper()}_URL": url for name, url in urls.items()},
    }
    if service == "gateway":
        own["SDZ_GATEWAY_ADMIN_PASSWORD_FILE"] = str(folders.secrets / "gateway_admin_password")
        own["SDZ_GATEWAY_DEMO_SECRET_FILE"] = str(folders.secrets / "demo_client_secret")
    return {name: value for name, value in base.items() if name not in _addresses_with_passwords()} | own


def _addresses_with_passwords() -> frozenset[str]:
    """Variables that hold, or lead to, a password of a database role."""
    names = [variable(service) for service in SERVICES for variable in (runtime_variable, owner_variable)]
    names.append("SDZ_ADMIN_DATABASE_URL")
    return frozenset(name + ending for name in names for ending in ("", "_FILE"))
