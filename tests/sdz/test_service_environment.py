"""What a service is told, and what it is not."""

from pathlib import Path

import pytest

from sdz.folders import Folders
from sdz.service_environment import service_environment
from sdz.services import SERVICES

FOLDERS = Folders(Path("/data"), Path("/database"), None)
URLS = {service: f"http://127.0.0.1:{8000 + n}" for n, service in enumerate(SERVICES)}
BASE = {
    "PATH": "/bin",
    "SDZ_LOG_LEVEL": "debug",
    "SDZ_ADMIN_DATABASE_URL": "postgresql://root",
    "SDZ_REGISTRY_OWNER_DATABASE_URL_FILE": "/owner",
    "SDZ_PROJECTS_DATABASE_URL": "postgresql://projects",
}


def environment(service: str) -> dict[str, str]:
    return service_environment(
        service, base=BASE, folders=FOLDERS, database_url="postgresql://own", urls=URLS
    )


@pytest.mark.parametrize("service", SERVICES)
def test_it_knows_its_own_database_and_no_other(service: str) -> None:
    databases = {name: value for name, value in environment(service).items() if "DATABASE" in name}
    assert databases == {f"SDZ_{service.upper()}_DATABASE_URL": "postgresql://own"}


@pytest.mark.parametrize("service", SERVICES)
def test_it_knows_its_own_signing_key_and_everyones_address(service: str) -> None:
    told = environment(service)
    keys = {name: value for name, value in told.items() if name.endswith("_SIGNING_KEY_FILE")}
    assert keys == {f"SDZ_{service.upper()}_SIGNING_KEY_FILE": f"/data/secrets/{service}_signing_key.pem"}
    assert told["SDZ_KEYS"] == "/data/keys/public"
    assert told["SDZ_PROJECTS_URL"] == URLS["projects"]
    assert told["SDZ_LOG_LEVEL"] == "debug"


def test_only_the_gateway_knows_the_secrets_of_people() -> None:
    holders = [service for service in SERVICES if "SDZ_GATEWAY_ADMIN_PASSWORD_FILE" in environment(service)]
    assert holders == ["gateway"]
    assert environment("gateway")["SDZ_GATEWAY_DEMO_SECRET_FILE"] == "/data/secrets/demo_client_secret"
