"""The one place where authorisation is decided: permission first, then scope.

Routes name what they need as a typed dependency (`actor: Annotated[Principal, require("zone.write")]`);
`chassis.routing` refuses a route that names nothing. Reads start from a statement limited by `in_scope`;
`chassis.database` refuses a read of a scoped table that was not.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import Depends, Request
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    SQLColumnExpression,
    String,
    Uuid,
    any_,
    bindparam,
    false,
    or_,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from chassis.identity.principal import ANONYMOUS, Principal, Scope
from chassis.problems import Forbidden, Unauthenticated
from chassis.words import Words

# Names of the parameters that hold a scope, as `in_scope` makes them.
SCOPE_DIVISIONS, SCOPE_ZONES = "scope_divisions", "scope_zones"


class Requirement:
    """Dependency that yields the caller if they hold `permission`."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    def check(self, request: Request) -> Principal:
        """Authenticate once a request and check the permission; raises 401 or 403."""
        known = getattr(request.state, "principal", None)
        principal = known if isinstance(known, Principal) else authenticate(request)
        request.state.principal = principal
        if self.permission not in principal.permissions:
            raise Forbidden(
                Words(f"缺少权限 {self.permission}", f"The permission {self.permission} is missing"),
                members={"permission": self.permission},
            )
        return principal

    async def __call__(self, request: Request) -> Principal:
        return self.check(request)


class Open(Requirement):
    """Dependency of a route that everyone may call; yields nobody unless a valid token is sent."""

    def __init__(self) -> None:
        super().__init__("public")

    def check(self, request: Request) -> Principal:
        if "authorization" in request.headers:
            return authenticate(request)
        return ANONYMOUS


def open_to_all() -> Any:
    """FastAPI dependency of a route without a permission; to be chosen, never the default."""
    return Depends(Open())


def require(permission: str) -> Any:
    """FastAPI dependency for `Annotated[Principal, require("…")]`."""
    return Depends(Requirement(permission))


def authenticate(request: Request) -> Principal:
    """The principal of the bearer token (RFC 6750); nothing else, no header of another name, is believed."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated()
    principal: Principal = request.app.state.runtime.verifier.principal(token.strip())
    return principal


def in_scope(
    scope: Scope, division_path: SQLColumnExpression[Any], zone_id: SQLColumnExpression[Any] | None = None
) -> ColumnElement[bool]:
    """SQL condition: the row lies in `scope` (see `Scope`).

    The places are one array parameter each, however many there are: the statement stays the same.
    """
    if scope.everywhere:
        return true()
    parts: list[ColumnElement[bool]] = []
    if scope.divisions:
        parts.append(division_path.op("&&")(_listed(SCOPE_DIVISIONS, scope.divisions, String())))
    if scope.zones and zone_id is not None:
        parts.append(zone_id == any_(_listed(SCOPE_ZONES, scope.zones, Uuid())))
    return or_(*parts) if parts else false()


def _listed(name: str, values: Iterable[str], kind: TypeEngine[Any]) -> BindParameter[Any]:
    return bindparam(name, sorted(values), ARRAY(kind), unique=True)


def require_write(principal: Principal, division_path: Iterable[str], zone_id: object | None = None) -> None:
    """Raise 403 unless the place lies in the caller's write scope."""
    if not principal.write.covers(division_path, zone_id):
        raise Forbidden(
            Words("该地区或实验区不在您的写入范围内", "This place is outside your write scope"),
            members={"reason": "outside_write_scope"},
        )


def require_write_everywhere(principal: Principal) -> None:
    """Raise 403 unless the caller may write nationwide; for reference data and national decisions."""
    if not principal.write.everywhere:
        raise Forbidden(
            Words("此操作需要全国写入范围", "This needs a nationwide write scope"),
            members={"reason": "outside_write_scope"},
        )


PATH_TYPE = ARRAY(String)
