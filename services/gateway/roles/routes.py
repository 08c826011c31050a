"""`GET /api/v1/roles`: the whole table on one screen."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict

from chassis.catalogue import both
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.routing import ResourceRouter
from chassis.schemas import Out
from services.gateway.roles.table import ADMINISTRATORS, ROLES

router = ResourceRouter("roles")


class RoleOut(Out):
    name: str
    title: dict[str, str]
    permissions: list[str]
    excludes: list[str]


class RoleTable(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "permissions": ["account.manage", "reference.read"],
                    "items": [
                        {
                            "name": "system_administrator",
                            "title": {"zh-Hans": "系统管理员", "en": "System administrator"},
                            "permissions": ["account.manage", "reference.read"],
                            "excludes": ["audit_administrator", "security_administrator"],
                        }
                    ],
                }
            ]
        }
    )

    permissions: list[str]
    items: list[RoleOut]


def shown(name: str) -> RoleOut:
    """A role of the table."""
    role = ROLES[name]
    return RoleOut(
        name=name,
        title=both(role.title),
        permissions=sorted(role.permissions),
        excludes=sorted(ADMINISTRATORS - {name}) if name in ADMINISTRATORS else [],
    )


@router.get("/roles", operation_id="list_roles", summary="Roles and what they permit")
async def list_roles(_reader: Annotated[Principal, require("reference.read")]) -> RoleTable:
    """Each role with its permissions and the roles that exclude it."""
    return RoleTable(
        permissions=sorted(frozenset().union(*(role.permissions for role in ROLES.values()))),
        items=[shown(name) for name in ROLES],
    )
