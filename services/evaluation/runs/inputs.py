"""What a run reads, copied so that nothing that changes later can change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM
from services.evaluation.engine import Matrix
from services.evaluation.frameworks.models import Indicator
from services.evaluation.frameworks.schemas import FrameworkOut
from services.evaluation.observations.models import Observation
from services.evaluation.references import among
from services.evaluation.sources.queries import cited_codes
from services.evaluation.zones import ZONE, names_of, stands_in

EXITED = "exited"


@dataclass(frozen=True)
class EvaluatedZone:
    """`unit` is its name in the matrix; `observations` are frozen copies by indicator."""

    id: UUID
    code: str | None
    names: Mapping[str, Any]
    observations: Mapping[str, Mapping[str, Any]]

    @property
    def unit(self) -> str:
        return self.code or str(self.id)


def _evaluated() -> tuple[ColumnElement[bool], ...]:
    staying = replica.c.resource["state"].astext.is_distinct_from(EXITED)
    return (replica.c.kind == ZONE, ~replica.c.deleted, staying)


async def count_zones(session: AsyncSession) -> int:
    """How many zones `read_zones` would give."""
    counted = select(func.count()).select_from(replica).where(*_evaluated())
    return await session.scalar(counted, execution_options=AS_SYSTEM) or 0


async def read_zones(session: AsyncSession, framework: FrameworkOut, period: str) -> list[EvaluatedZone]:
    """Every zone that has not left, with its observations of the framework's leaves in the period.

    Nationwide, whoever asks: a rank means something among all only. Two queries.
    """
    zones = (
        await session.execute(
            select(replica).where(*_evaluated()).order_by(replica.c.code, replica.c.id),
            execution_options=AS_SYSTEM,
        )
    ).all()
    resources = {zone.id: zone.resource for zone in zones}
    leaves = [node.code for node in framework.nodes if node.direction is not None]
    statement = (
        select(Observation, Indicator.code.label("indicator"))
        .join(Indicator, Indicator.id == Observation.indicator_id)
        .where(
            Observation.period == period,
            Observation.deleted_at.is_(None),
            among(Indicator.code, leaves),
            among(Observation.zone_id, resources),
        )
    )
    frozen: dict[UUID, dict[str, dict[str, Any]]] = {zone.id: {} for zone in zones}
    for observation, indicator in await session.execute(statement, execution_options=AS_SYSTEM):
        resource = resources[observation.zone_id]
        frozen[observation.zone_id][indicator] = freeze(observation, resource)
    return [
        EvaluatedZone(zone.id, zone.code, names_of(zone.resource).model_dump(by_alias=True), frozen[zone.id])
        for zone in zones
    ]


def freeze(observation: Observation, zone: Mapping[str, Any]) -> dict[str, Any]:
    """The observation as it stands, as JSON; its value keeps its digits."""
    return {
        "observation_id": str(observation.id),
        "observation_version": observation.version,
        "status": observation.status,
        "value": None if observation.value is None else format(observation.value, "f"),
        "reference_division": observation.reference_division,
        "stands_in": stands_in(zone, observation.reference_division),
        "sources": cited_codes(observation.source),
        "note": observation.note,
    }


def matrix_of(zones: Sequence[EvaluatedZone], indicators: Sequence[str]) -> Matrix:
    """Zones by indicators; what has no value is missing."""
    cells = {
        (zone.unit, indicator): Decimal(observation["value"])
        for zone in zones
        for indicator, observation in zone.observations.items()
        if observation["value"] is not None
    }
    return Matrix.from_cells([zone.unit for zone in zones], indicators, cells)
