"""Which operations a caller sees, and one by its name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.listing import Filter, Listing
from chassis.operations.states import OperationState
from chassis.operations.tables import operation
from chassis.problems import NotFound
from chassis.words import Words

MANAGE = "operation.manage"

listing = Listing(
    filters={
        "state": Filter(operation.c.state, "enum", ("eq", "in"), values=get_args(OperationState)),
        "kind": Filter(operation.c.kind, "text", ("eq", "in")),
        "created_by": Filter(operation.c.created_by, "text", ("eq",)),
        "created_at": Filter(operation.c.created_at, "instant", ("gte", "lt")),
    },
    sorts={"created_at": (operation.c.created_at, datetime)},
    default_sort="-created_at",
    id_column=operation.c.id,
)


def visible_to(principal: Principal) -> Select[Any]:
    """The caller's own; for operators all."""
    statement = select(operation)
    if MANAGE in principal.permissions:
        return statement
    return statement.where(operation.c.created_by == principal.subject)


def id_in(name: str, service: str) -> UUID:
    """The id in `<service>-<uuid>`; 404 for anything else."""
    owner, _, text = name.partition("-")
    try:
        operation_id = UUID(text)
    except ValueError:
        owner = ""
    if owner != service or str(operation_id) != text:
        raise NotFound(Words("标识应为 服务-UUID", "The id of an operation is SERVICE-UUID"))
    return operation_id


async def find(session: AsyncSession, principal: Principal, operation_id: UUID, *, lock: bool = False) -> Any:
    """The row; 404 when there is none that the caller may see."""
    statement = visible_to(principal).where(operation.c.id == operation_id)
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None:
        raise NotFound()
    return row
