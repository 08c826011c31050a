"""The containers of docker-compose.yml are told what the code needs, and nothing of their neighbours."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

import pytest

from chassis.identity.tokens import Keys, Signer, Verifier
from chassis.settings import Settings
from sdz.child import GRACE, Child
from sdz.database_urls import given_url, owner_variable, required_url
from sdz.secrets import ensure_secrets, read_secret, role_passwords, write_url_files
from sdz.services import SERVICES
from services.gateway.settings import GatewaySettings
from tests.deploy.code_settings import container_variables
from tests.deploy.compose_file import COMPOSE, ComposeFile

FILE: Final = ComposeFile(COMPOSE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `secrets/` as `sdz secrets --into secrets` makes it."""
    folder = tmp_path_factory.mktemp("installation")
    ensure_secrets(folder / "secrets", folder / "secrets" / "keys" / "public")
    write_url_files(folder / "secrets", "database", 5432, "sdz")
    return folder


def mount(installation: Path, name: str, into: Path) -> dict[str, str]:
    """Put into a folder just the secrets that the container gets; its environment, with paths there."""
    for secret in FILE.containers[name].secrets:
        source = installation / FILE.secret_files[secret]
        (into / secret).write_bytes(source.read_bytes())
    keys = str(installation / "secrets" / "keys" / "public")
    return {
        variable: value.replace("/run/secrets", str(into)).replace("/run/keys", keys)
        for variable, value in FILE.containers[name].environment.items()
    }


def use(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Make it the environment of this process, without any other SDZ_ variable."""
    for variable in [name for name in os.environ if name.startswith("SDZ_")]:
        monkeypatch.delenv(variable)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)


def test_the_stack_is_the_database_two_jobs_and_the_four_services() -> None:
    assert set(FILE.containers) == {"database", "bootstrap", "migrate", *SERVICES}


def test_every_variable_is_one_that_the_code_reads() -> None:
    named = {
        variable
        for name, container in FILE.containers.items()
        for variable in container.environment
        if name != "database"
    }
    assert len(named) > 20
    assert named <= set(container_variables())


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_is_told_suffices_for_its_settings(
    service: str, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(mount(installation, service, tmp_path), monkeypatch)
    settings = Settings.read(service)
    password = read_secret(installation / "secrets", f"{service}_password")
    assert settings.own.database == f"postgresql://sdz_{service}:{password}@database:5432/sdz"
    for peer in SERVICES[:-1]:
        assert settings.shared.url(peer) == f"http://{peer}:8000"


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_signs_with_the_key_that_the_others_know_it_by(
    service: str, installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(mount(installation, service, tmp_path), monkeypatch)
    settings = Settings.read(service)
    signer = Signer(service, settings.own.signing_key_file)
    others = Verifier("registry", Keys(settings.shared.keys), {})
    assert others.claims(signer.own_token("registry"))["iss"] == service


def test_the_gateway_finds_the_secrets_of_the_first_accounts(
    installation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(mount(installation, "gateway", tmp_path), monkeypatch)
    settings = GatewaySettings.read()
    assert settings.admin_password_file is not None
    assert settings.demo_secret_file is not None
    secrets = installation / "secrets"
    assert settings.admin_password_file.read_text() == read_secret(secrets, "gateway_admin_password")
    assert settings.demo_secret_file.read_text() == read_secret(secrets, "demo_client_secret")


def test_the_bootstrap_finds_the_administrator_and_the_eight_passwords(
    installation: Path, tmp_path: Path
) -> None:
    environment = mount(installation, "bootstrap", tmp_path)
    password = read_secret(installation / "secrets", "database_admin_password")
    address = f"postgresql://sdz_admin:{password}@database:5432/postgres"
    assert required_url(environment, "SDZ_ADMIN_DATABASE_URL") == address
    assert role_passwords(tmp_path) == role_passwords(installation / "secrets")


def test_the_migration_finds_the_four_owners(installation: Path, tmp_path: Path) -> None:
    environment = mount(installation, "migrate", tmp_path)
    for service in SERVICES:
        assert f"//sdz_{service}_owner:" in required_url(environment, owner_variable(service))


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_gets_no_secret_of_another_and_no_owner(service: str) -> None:
    own = {"cursor_key", f"{service}_database_url", f"{service}_signing_key"}
    if service == "gateway":
        own |= {"gateway_admin_password", "demo_client_secret"}
    assert set(FILE.containers[service].secrets) == own


@pytest.mark.parametrize("service", SERVICES)
def test_a_container_holds_no_address_of_a_database_in_its_environment(service: str) -> None:
    assert given_url(FILE.containers[service].environment, "SDZ_ADMIN_DATABASE_URL") is None
    assert not [value for value in FILE.containers[service].environment.values() if "postgresql:" in value]


def test_every_secret_is_made_and_used(installation: Path) -> None:
    missing = [file for file in FILE.secret_files.values() if not (installation / file).is_file()]
    assert missing == []
    used = {secret for container in FILE.containers.values() for secret in container.secrets}
    assert used == set(FILE.secret_files)


def test_only_the_gateway_is_published_and_on_loopback() -> None:
    published = {name: container.publishes for name, container in FILE.containers.items()}
    assert published.pop("gateway") == ["127.0.0.1:${SDZ_GATEWAY_PORT:-8000}:8000"]
    assert not any(published.values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_as_it_does_without_containers(service: str, tmp_path: Path) -> None:
    child = Child(
        service,
        application=f"services.{service}.app:create_app",
        host="0.0.0.0",
        port=8000,
        environment={},
        log=tmp_path / "log",
    )
    assert sorted(FILE.containers[service].start) == sorted(["python", *child._command[1:]])


@pytest.mark.parametrize("service", SERVICES)
def test_a_stop_waits_longer_than_requests_may_take(service: str) -> None:
    assert FILE.containers[service].grace_seconds > GRACE


def test_the_image_holds_the_packages_that_the_services_and_the_command_are() -> None:
    dockerfile = COMPOSE.with_name("Dockerfile").read_text(encoding="utf-8")
    copied = set(re.findall(r"^COPY (\w+) app/", dockerfile, flags=re.MULTILINE))
    assert copied == {"chassis", "services", "sdz", "migrations"}
    sent = COMPOSE.with_name(".dockerignore").read_text(encoding="utf-8")
    assert copied == set(re.findall(r"^!(\w+)$", sent, flags=re.MULTILINE))
