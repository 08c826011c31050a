"""What an account can be shown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Depends, Request

from chassis.shape.expansion import Expandable, Expansion
from services.gateway.roles.routes import RoleOut, shown


async def _roles(_request: Request, accounts: Sequence[Mapping[str, Any]]) -> list[list[RoleOut]]:
    return [[shown(name) for name in account["roles"]] for account in accounts]


EXPAND = Depends(
    Expandable({"roles": Expansion(list[RoleOut], _roles, permission="reference.read", owner="gateway")})
)
