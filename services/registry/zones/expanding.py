"""What a zone can be shown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.identity.principal import Principal
from chassis.routing import session_of
from chassis.shape.expansion import Expandable, Expansion
from chassis.states.expanding import actions_of
from services.registry.divisions.queries import find_entries
from services.registry.divisions.schemas import DivisionOut
from services.registry.zones.history import whole
from services.registry.zones.lifecycle import ZONE_LIFECYCLE
from services.registry.zones.models import Zone
from services.registry.zones.queries import visible_to


async def _divisions(request: Request, zones: Sequence[Mapping[str, Any]]) -> list[DivisionOut | None]:
    """The division of each zone in the zone's edition; one query."""
    pairs = [(zone["division"]["code"], zone["division"]["edition"]) for zone in zones]
    found = await find_entries(session_of(request), pairs)
    return [DivisionOut.model_validate(found[pair]) if pair in found else None for pair in pairs]


async def _zones(session: AsyncSession, caller: Principal, ids: Sequence[UUID]) -> Sequence[Zone]:
    rows = await session.execute(visible_to(caller).where(Zone.id.in_(ids)))
    return [whole(row) for row in rows]


EXPAND = Depends(
    Expandable(
        {
            "division": Expansion(DivisionOut, _divisions, permission="reference.read", owner="registry"),
            "actions": actions_of(ZONE_LIFECYCLE, "registry", _zones),
        }
    )
)
