"""The settings of an evaluation: none has a default, since each can change a verdict."""

import math
from dataclasses import dataclass
from enum import StrEnum

from services.evaluation.engine.errors import MethodError


class Bounds(StrEnum):
    """Which values give an indicator's minimum and maximum."""

    CURRENT_SET = "current_set"
    """The present values of the units under evaluation: a unit more or less can move every score."""


class ConstantRule(StrEnum):
    """What becomes of an indicator whose present values are all equal."""

    MISSING = "missing"
    MID_SCALE = "mid_scale"


class TieRule(StrEnum):
    """Ranks of a tied group that fills the places i to j: i, j, their mean, or one place for the group."""

    MINIMUM = "minimum"
    MAXIMUM = "maximum"
    AVERAGE = "average"
    DENSE = "dense"


@dataclass(frozen=True)
class MinMax:
    """Normalisation from [minimum, maximum] of an indicator to [`low`, `high`], finite and low < high."""

    low: float
    high: float
    bounds: Bounds
    constant: ConstantRule

    def __post_init__(self) -> None:
        object.__setattr__(self, "low", float(self.low) + 0.0)
        object.__setattr__(self, "high", float(self.high) + 0.0)
        if not (self.low < self.high and math.isfinite(self.high - self.low)):
            raise MethodError("scale_invalid", {"low": self.low, "high": self.high})

    @property
    def middle(self) -> float:
        """Half-way between low and high."""
        return self.low + (self.high - self.low) / 2


@dataclass(frozen=True)
class Ranking:
    """Ranks by score, the largest first.

    Scores tie with the first of their group where they differ from it by at most `tie_tolerance` times the
    larger magnitude; 1e-12 joins what only rounding has split. In [0, 1).
    """

    tie_rule: TieRule
    tie_tolerance: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "tie_tolerance", float(self.tie_tolerance) + 0.0)
        if not 0 <= self.tie_tolerance < 1:
            raise MethodError("tolerance_invalid", {"tolerance": self.tie_tolerance})


@dataclass(frozen=True)
class Method:
    """All settings that do not belong to a single node of the framework."""

    normalisation: MinMax
    ranking: Ranking
