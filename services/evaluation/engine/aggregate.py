"""Aggregation: from the leaves' normalised scores up to the root, for all units at once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from services.evaluation.engine.log import Log, LogEntry, Param
from services.evaluation.engine.matrix import BoolArray, FloatArray, Matrix
from services.evaluation.engine.tree import Tree

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class NodeScores:
    """Scores of the branches, `[n units, k branches]`, in the tree's bottom-up order.

    `values` mean nothing under a false `present`; `available` counts the direct members that were present.
    `shares[code][n]` is the weight of a leaf or branch inside its parent after renormalisation: 0.0 where
    it or its parent is missing, else the shares of one parent's members add up to 1.
    """

    nodes: tuple[str, ...]
    values: FloatArray
    present: BoolArray
    available: IntArray
    shares: Mapping[str, FloatArray]

    @cached_property
    def column_of(self) -> Mapping[str, int]:
        """Column of each branch."""
        return {code: i for i, code in enumerate(self.nodes)}


@dataclass(frozen=True, eq=False)
class MemberMean:
    """One branch over all units: score, mask, count of present members, share `[n]` of each member."""

    score: FloatArray
    present: BoolArray
    available: IntArray
    shares: Sequence[FloatArray]


def weighted_mean(
    values: Sequence[FloatArray], present: Sequence[BoolArray], weights: Sequence[float], required: int
) -> MemberMean:
    """Weighted arithmetic mean over the present members, their weights renormalised to 1 for each unit.

    One array `[n]` a member. Missing where fewer than `required` members are present, where none is, or
    where those present all weigh nothing. Adding member by member keeps the result of a unit the same
    to the last bit wherever the unit stands in the matrix.
    """
    # A power of two changes no digit, and the sum of weights near the largest float stays finite.
    exponent = math.frexp(max(weights))[1]
    scaled = [math.ldexp(weight, -exponent) for weight in weights]

    available = np.zeros(present[0].shape, dtype=np.int64)
    total = np.zeros(present[0].shape)
    for weight, there in zip(scaled, present, strict=True):
        available += there
        total += np.where(there, weight, 0.0)
    has_score = (available >= required) & (total > 0)
    divisor = np.where(has_score, total, 1.0)

    score = np.zeros(total.shape)
    lowest = np.full(total.shape, np.inf)
    highest = np.full(total.shape, -np.inf)
    shares = []
    with np.errstate(over="ignore"):  # only rounding can carry a mean over the edge: the clip brings it back
        for value, weight, there in zip(values, scaled, present, strict=True):
            counts = there & has_score
            share = np.where(counts, weight / divisor, 0.0)
            score += np.where(counts, share * value, 0.0)
            lowest = np.where(counts, np.minimum(lowest, value), lowest)
            highest = np.where(counts, np.maximum(highest, value), highest)
            shares.append(share)
    # A mean lies between its members; rounding must not carry 100 to 100.00000000000001.
    score = np.where(has_score, np.clip(score, lowest, highest), 0.0)
    return MemberMean(score, has_score, available, shares)


def aggregate(leaves: Matrix, tree: Tree) -> tuple[NodeScores, Log]:
    """Score every branch bottom-up; the columns of `leaves` are the tree's leaves.

    Members count, whatever they weigh: a branch is missing unless present members / members reaches its
    minimum. A missing branch is a missing member of its parent; its members are not promoted.
    """
    values = dict(zip(leaves.indicators, leaves.values.T, strict=True))
    present = dict(zip(leaves.indicators, leaves.present.T, strict=True))
    shares: dict[str, FloatArray] = {}
    available: list[IntArray] = []
    for branch in tree.branches:
        mean = weighted_mean(
            [values[code] for code in branch.members],
            [present[code] for code in branch.members],
            [tree.nodes[code].weight for code in branch.members],
            branch.required,
        )
        values[branch.code], present[branch.code] = mean.score, mean.present
        available.append(mean.available)
        shares.update(zip(branch.members, mean.shares, strict=True))

    nodes = tuple(branch.code for branch in tree.branches)
    scores = NodeScores(
        nodes,
        np.column_stack([values[code] for code in nodes]),
        np.column_stack([present[code] for code in nodes]),
        np.column_stack(available),
        shares,
    )
    return scores, _log(scores, leaves.units, tree)


def _log(scores: NodeScores, units: tuple[str, ...], tree: Tree) -> Log:
    log = []
    for column, branch in enumerate(tree.branches):
        params: dict[str, Param] = {
            "aggregation": branch.aggregation.value,
            "members": len(branch.members),
            "required": branch.required,
        }
        log.append(LogEntry("aggregate", "branch_scored", (branch.code,), params))
        missing = tuple(units[i] for i in np.flatnonzero(~scores.present[:, column]))
        if missing:
            log.append(LogEntry("aggregate", "branch_missing", missing, {"node": branch.code}, warning=True))
    return tuple(log)
