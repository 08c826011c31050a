"""Ranks from unrounded scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.evaluation.engine.log import Log, LogEntry, Param
from services.evaluation.engine.matrix import BoolArray, FloatArray
from services.evaluation.engine.method import Ranking, TieRule


@dataclass(frozen=True, eq=False)
class Ranks:
    """`values[n]`, 1 for the best (halves are possible under the average rule), where `present[n]`."""

    values: FloatArray
    present: BoolArray


def rank(scores: FloatArray, present: BoolArray, setting: Ranking) -> tuple[Ranks, Log]:
    """Rank `scores[n]`, the largest first; a missing score gets no rank and takes no place.

    A group of ties is measured against its first, not neighbour by neighbour: a chain of small steps
    would otherwise join scores that lie far apart.
    """
    where = np.flatnonzero(present)
    ordered = where[np.argsort(-scores[where], kind="stable")]
    starts = _group_starts(scores[ordered].tolist(), setting.tie_tolerance)
    sizes = np.diff([*starts, len(ordered)])
    places = np.repeat(_group_ranks(np.array(starts, dtype=np.float64), sizes, setting.tie_rule), sizes)
    values = np.zeros(scores.shape)
    values[ordered] = places
    params: dict[str, Param] = {
        "tie_rule": setting.tie_rule.value,
        "tie_tolerance": setting.tie_tolerance,
        "ranked": len(ordered),
        "tied": int(sizes[sizes > 1].sum()),
    }
    return Ranks(values, present.copy()), (LogEntry("rank", "descending", params=params),)


def _group_starts(descending: list[float], tolerance: float) -> list[int]:
    starts: list[int] = []
    first = 0.0
    for place, score in enumerate(descending):
        if not starts or first - score > tolerance * max(abs(first), abs(score)):
            starts.append(place)
            first = score
    return starts


def _group_ranks(starts: FloatArray, sizes: NDArray[np.int64], rule: TieRule) -> FloatArray:
    if rule is TieRule.MINIMUM:
        return starts + 1
    if rule is TieRule.MAXIMUM:
        return starts + sizes
    if rule is TieRule.AVERAGE:
        return starts + (sizes + 1) / 2
    return np.arange(1.0, len(starts) + 1)
