"""What the explanation of one unit consists of."""

from dataclasses import dataclass
from enum import StrEnum

from services.evaluation.engine.tree import Direction


class Reason(StrEnum):
    """Why a node takes no part in a unit's score."""

    NOT_PRESENT = "not_present"
    CONSTANT_INDICATOR = "constant_indicator"
    BELOW_MINIMUM = "below_minimum"
    NO_MEMBER_PRESENT = "no_member_present"
    NO_WEIGHT_PRESENT = "no_weight_present"
    ANCESTOR_MISSING = "ancestor_missing"


@dataclass(frozen=True)
class Dropped:
    """A node that takes no part, and why.

    For a branch that is missing itself: `available` of `members` direct members were present, `required`
    were needed. For ANCESTOR_MISSING, `ancestor` is the highest missing branch above.
    """

    code: str
    reason: Reason
    available: int | None = None
    members: int | None = None
    required: int | None = None
    ancestor: str | None = None


@dataclass(frozen=True)
class LeafPart:
    """A leaf's part in one unit's score.

    `low` and `high` are the least and greatest present value of the indicator over the set, in its own unit
    and sign; None without any. `effective_weight` is the product of the renormalised weights on the path
    from the root; `contribution` = effective_weight * normalised. Both None where the leaf takes no part.
    """

    code: str
    direction: Direction
    value: float | None
    low: float | None
    high: float | None
    normalised: float | None
    effective_weight: float | None
    contribution: float | None


@dataclass(frozen=True)
class UnitExplanation:
    """One unit: its score, every leaf in order of code, and what was dropped: branches top-down, then leaves.

    The contributions add up to the score, to rounding.
    """

    unit: str
    score: float | None
    leaves: tuple[LeafPart, ...]
    dropped: tuple[Dropped, ...]
