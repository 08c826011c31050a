"""What a zone can be shown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Depends, Request

from chassis.routing import session_of
from chassis.shape.expansion import Expandable, Expansion
from services.registry.divisions.queries import find_entries
from services.registry.divisions.schemas import DivisionOut


async def _divisions(request: Request, zones: Sequence[Mapping[str, Any]]) -> list[DivisionOut | None]:
    """The division of each zone in the zone's edition; one query."""
    pairs = [(zone["division"]["code"], zone["division"]["edition"]) for zone in zones]
    found = await find_entries(session_of(request), pairs)
    return [DivisionOut.model_validate(found[pair]) if pair in found else None for pair in pairs]


EXPAND = Depends(
    Expandable(
        {"division": Expansion(DivisionOut, _divisions, permission="reference.read", owner="registry")}
    )
)
