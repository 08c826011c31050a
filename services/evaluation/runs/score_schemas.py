"""What crosses the wire about scores and how they came about."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict

from chassis.decimals import DecimalString
from chassis.schemas import Instant, Names, Out
from services.evaluation.frameworks.schemas import AggregationName, DirectionName
from services.evaluation.observations.schemas import ZONE_EXAMPLE, Status
from services.evaluation.runs.schemas import FrozenRef
from services.evaluation.sources.schemas import CitedSource
from services.evaluation.zones import ZoneRef

ReasonCode = Literal[
    "not_present",
    "constant_indicator",
    "below_minimum",
    "no_member_present",
    "no_weight_present",
    "ancestor_missing",
]
_SCORE: dict[str, Any] = {
    "id": "0198c3a0-6f00-7000-8000-000000000007",
    "run": {"id": "0198c3a0-6f00-7000-8000-000000000008", "created_at": "2026-03-01T08:00:00.000Z"},
    "cycle": {
        "id": "0198c3a0-6f00-7000-8000-000000000006",
        "code": "DEMO-2012",
        "version": 1,
        "names": {"zh-Hans": "2012 年演示评价", "en": "Demonstration evaluation of 2012"},
    },
    "period": "2012",
    "zone": ZONE_EXAMPLE,
    "score": 50.25,
    "display": "50.25",
    "rank": 1,
    "ranked_count": 69,
    "missing_indicators": [],
    "reasons": [],
}


class RunRef(Out):
    """The run, which has no code."""

    id: UUID
    created_at: Instant


class Reason(Out):
    """Why a node takes no part: `available` of `members` were there, `required` were needed."""

    node: str
    name: str
    code: ReasonCode
    available: int | None
    members: int | None
    required: int | None
    ancestor: str | None
    text: Names


class ScoreOut(Out):
    """A zone's score and national rank in a run; both null where too little is known: `reasons` say why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SCORE]})

    id: UUID
    run: RunRef
    cycle: FrozenRef
    period: str
    zone: ZoneRef
    score: float | None
    display: str | None
    rank: int | float | None
    ranked_count: int
    missing_indicators: list[str]
    reasons: list[Reason]


class BranchPart(Out):
    """A branch: `available` of `members` direct members were there, `required` were needed."""

    code: str
    parent: str | None
    name: str
    names: Names
    weight: DecimalString
    aggregation: AggregationName
    min_available: DecimalString
    score: float | None
    effective_weight: float | None
    available: int
    members: int
    required: int


class ObservationRef(Out):
    """The observation in the version that was used."""

    id: UUID
    version: int


class LeafPart(Out):
    """An indicator's part: contribution = effective_weight * normalised.

    `value` as it was reported; `low` and `high` the least and greatest of the zones in the run, in its unit.
    """

    code: str
    parent: str
    name: str
    names: Names
    weight: DecimalString
    unit: str
    direction: DirectionName
    status: Status | None
    value: DecimalString | None
    low: float | None
    high: float | None
    normalised: float | None
    effective_weight: float | None
    contribution: float | None
    observation: ObservationRef | None
    reference_division: str | None
    stands_in: bool
    sources: list[CitedSource]
    note: str | None


class DecompositionOut(ScoreOut):
    """A score down to the values that made it; the leaves' contributions add up to it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SCORE,
                    "explanation": {
                        "zh-Hans": "得分 50.25, 在 69 个中排第 1。",
                        "en": "Scored 50.25, rank 1 of 69.",
                    },
                    "branches": [],
                    "leaves": [],
                    "dropped": [],
                }
            ]
        }
    )

    explanation: Names
    branches: list[BranchPart]
    leaves: list[LeafPart]
    dropped: list[Reason]
