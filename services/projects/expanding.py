"""What a record can be shown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy import select

from chassis.base_tables import replica
from chassis.identity.access import in_scope
from chassis.identity.principal import Principal
from chassis.language import caller_language
from chassis.routing import session_of
from chassis.schemas import Names
from chassis.shape.expansion import Expandable, Expansion


async def _zones(request: Request, records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | None]:
    """The zone of each record as the registry last told of it; one query."""
    reader: Principal = request.state.principal
    ids = {UUID(record["zone"]["id"]) for record in records if record["zone"]}
    statement = (
        select(replica.c.id, replica.c.resource)
        .where(
            replica.c.id.in_(ids),
            ~replica.c.deleted,
            in_scope(reader.view, replica.c.division_path, replica.c.id),
        )
        .execution_options(scope="caller")
    )
    rows = (await session_of(request).execute(statement)).all() if ids else []
    found = {str(row.id): _in_language(row.resource, caller_language(request)) for row in rows}
    return [found.get(record["zone"]["id"]) if record["zone"] else None for record in records]


def _in_language(zone: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {**zone, "name": Names.model_validate(zone["names"]).pick(language)}


EXPAND = Depends(
    Expandable({"zone": Expansion(dict[str, Any], _zones, permission="zone.read", owner="registry")})
)
