"""The table of roles fits what the services ask for."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from chassis.app import create_app
from services.gateway.roles.table import ADMINISTRATORS, ROLES, permissions_of
from tests.gateway.running import RunningGateway
from tests.service_app import KeyRing

SERVICES = ("registry", "projects", "evaluation", "gateway")
HELD = permissions_of(ROLES)


def asked_for(service: str, keys: KeyRing) -> set[str]:
    """The permissions in a service's OpenAPI."""
    declared = import_module(f"services.{service}.app").SERVICE
    document: dict[str, Any] = create_app(declared, keys.settings(service, "postgresql://u:p@h/d")).openapi()
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    return {operation["x-permission"] for operation in operations if "x-permission" in operation} - {"public"}


def test_what_is_asked_for_is_held_and_what_is_held_is_asked_for(tmp_path: Path) -> None:
    keys = KeyRing.make(tmp_path / "keys")
    present = [service for service in SERVICES if find_spec(f"services.{service}.app") is not None]
    asked = {service: asked_for(service, keys) for service in present}
    assert {name: permissions - HELD for name, permissions in asked.items() if permissions - HELD} == {}
    used = set().union(*asked.values())
    assert "account.manage" in used
    if set(present) == set(SERVICES):
        assert used >= HELD


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("ministry_office", {"run.create", "reference.write", "zone.write"}, {"account.manage"}),
        ("department", {"run.read", "feed.read"}, {"zone.write"}),
        ("provincial_system", {"zone.write", "observation.write", "feed.read"}, {"run.create"}),
        ("zone_officer", {"project.write", "document.write"}, {"zone.write", "feed.read"}),
        ("expert", {"observation.read"}, {"observation.write", "document.write"}),
        ("system_administrator", {"account.manage"}, {"zone.read"}),
        ("security_administrator", {"audit.erase"}, {"audit.read", "account.manage"}),
        ("audit_administrator", {"audit.read"}, {"account.manage", "audit.erase"}),
    ],
)
def test_roles(role: str, may: set[str], may_not: set[str]) -> None:
    assert may <= permissions_of([role])
    assert not may_not & permissions_of([role])


def test_roles_add_up_and_unknown_ones_permit_nothing() -> None:
    assert permissions_of(["expert", "system_administrator"]) == permissions_of(["expert"]) | {
        "account.manage",
        "operation.manage",
        "vocabulary.write",
    }
    assert permissions_of(["king"]) == frozenset()
    assert permissions_of([]) == frozenset()


async def test_the_table_is_served_whole(gateway: RunningGateway) -> None:
    async with gateway.client(await gateway.demo_token()) as client:
        table = (await client.get("/api/v1/roles")).json()
    assert {item["name"]: set(item["permissions"]) for item in table["items"]} == {
        name: set(role.permissions) for name, role in ROLES.items()
    }
    assert set(table["permissions"]) == HELD
    excluding = {item["name"] for item in table["items"] if item["excludes"]}
    assert excluding == ADMINISTRATORS
