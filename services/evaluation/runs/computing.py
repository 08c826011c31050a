"""From frozen inputs to rows that can be stored: the engine's answer as plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from services.evaluation.engine import (
    Dropped,
    Evaluation,
    FloatArray,
    LeafPart,
    Method,
    evaluate,
    input_digest,
)
from services.evaluation.frameworks.rules import tree_of
from services.evaluation.frameworks.schemas import NodeOut
from services.evaluation.runs.inputs import EvaluatedZone, matrix_of


@dataclass(frozen=True)
class ZoneResult:
    """One zone's score (None: not ranked), rank, and the engine's numbers by node code."""

    score: float | None
    rank: float | None
    branches: dict[str, Any]
    leaves: dict[str, Any]
    dropped: list[dict[str, Any]]


@dataclass(frozen=True)
class Computed:
    """Results in the order of the zones."""

    results: list[ZoneResult]
    log: list[dict[str, Any]]
    engine_version: str
    input_digest: str


def compute(zones: Sequence[EvaluatedZone], nodes: Sequence[NodeOut], method: Method) -> Computed:
    """Pure and processor-bound: callers run it beside the event loop. `zones` is not empty."""
    tree = tree_of(nodes)
    matrix = matrix_of(zones, [leaf.code for leaf in tree.leaves])
    evaluation = evaluate(matrix, tree, method)
    weights = branch_weights(evaluation)
    named = {node.code: (place, node.names.model_dump(by_alias=True)) for place, node in enumerate(nodes)}
    return Computed(
        results=[_result(row, zone.unit, evaluation, weights, named) for row, zone in enumerate(zones)],
        log=[asdict(entry) for entry in evaluation.log],
        engine_version=evaluation.engine_version,
        input_digest=input_digest(matrix, tree, method),
    )


def branch_weights(evaluation: Evaluation) -> dict[str, FloatArray]:
    """Effective weight `[n zones]` of each branch: the product of the shares on its path from the root.

    NaN (inside this module only) where the branch, or one above it, is missing.
    """
    scores = evaluation.scores
    present = dict(zip(scores.nodes, scores.present.T, strict=True))
    root = evaluation.tree.root.code
    weights = {root: np.where(present[root], 1.0, np.nan)}
    for branch in reversed(evaluation.tree.branches):
        for code in set(branch.members) & present.keys():
            weights[code] = np.where(present[code], weights[branch.code] * scores.shares[code], np.nan)
    return weights


def _result(
    row: int,
    unit: str,
    evaluation: Evaluation,
    weights: Mapping[str, FloatArray],
    named: Mapping[str, tuple[int, dict[str, Any]]],
) -> ZoneResult:
    explanation = evaluation.explain(unit)
    dropped = sorted(explanation.dropped, key=lambda item: named[item.code][0])
    leaves = {leaf.code for leaf in evaluation.tree.leaves}
    return ZoneResult(
        score=explanation.score,
        rank=evaluation.rank(unit),
        branches=_branches(row, evaluation, weights),
        leaves={part.code: _leaf(part) for part in explanation.leaves},
        dropped=[_dropped(item, named[item.code][1], item.code in leaves) for item in dropped],
    )


def _branches(row: int, evaluation: Evaluation, weights: Mapping[str, FloatArray]) -> dict[str, Any]:
    scores = evaluation.scores
    shown = {}
    for branch in evaluation.tree.branches:
        cell = row, scores.column_of[branch.code]
        weight = float(weights[branch.code][row])
        shown[branch.code] = {
            "score": float(scores.values[cell]) if scores.present[cell] else None,
            "effective_weight": None if math.isnan(weight) else weight,
            "available": int(scores.available[cell]),
            "members": len(branch.members),
            "required": branch.required,
        }
    return shown


def _leaf(part: LeafPart) -> dict[str, Any]:
    return {
        "low": part.low,
        "high": part.high,
        "normalised": part.normalised,
        "effective_weight": part.effective_weight,
        "contribution": part.contribution,
    }


def _dropped(item: Dropped, names: Mapping[str, Any], is_indicator: bool) -> dict[str, Any]:
    return {**asdict(item), "reason": item.reason.value, "names": names, "is_indicator": is_indicator}
