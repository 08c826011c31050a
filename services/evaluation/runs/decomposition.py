"""A stored score taken apart: tree, values, sources and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chassis.schemas import Names
from services.evaluation.frameworks.schemas import NodeOut
from services.evaluation.runs.models import Run, Score
from services.evaluation.runs.reasons import (
    branch_reasons,
    missing_indicators,
    own_reasons,
    show_reason,
)
from services.evaluation.runs.score_schemas import (
    BranchPart,
    DecompositionOut,
    LeafPart,
    ObservationRef,
    RunRef,
    ScoreOut,
)
from services.evaluation.runs.sentences import Standing, explain_score
from services.evaluation.sources.schemas import CitedSource
from services.evaluation.zones import zone_ref


def whole(rank: float | None) -> int | float | None:
    """A whole rank without a fraction; shared places can have halves."""
    return int(rank) if rank is not None and rank.is_integer() else rank


def display(score: float | None) -> str | None:
    return None if score is None else f"{score:.2f}"


def show_score(row: Any, language: str) -> ScoreOut:
    """A row of `score_queries.visible_to`."""
    return ScoreOut(**_score_members(row, language))


def _score_members(row: Any, language: str) -> dict[str, Any]:
    names = Names.model_validate(row.zone_names)
    return {
        "id": row.id,
        "run": RunRef(id=row.run_id, created_at=row.run_created_at),
        "cycle": row.cycle,
        "period": row.period,
        "zone": zone_ref(row.zone_id, row.zone_code, names, language),
        "score": row.score,
        "display": display(row.score),
        "rank": whole(row.rank),
        "ranked_count": row.ranked_count,
        "missing_indicators": missing_indicators(row.dropped),
        "reasons": [show_reason(item, language) for item in own_reasons(row.dropped)],
    }


def show_decomposition(row: Any, run: Run, score: Score, language: str) -> DecompositionOut:
    """A row of `score_queries.visible_to` with the run and score that it speaks of."""
    nodes = [NodeOut.model_validate(node) for node in run.framework["nodes"]]
    leaves = [_leaf(node, run, score, language) for node in nodes if node.code in score.leaves]
    missing = [show_reason(item, language) for item in branch_reasons(score.dropped)]
    standing = Standing(
        zone=Names.model_validate(score.zone_names),
        display=display(score.score),
        rank=whole(score.rank),
        ranked_count=run.ranked,
        scale_high=float(run.method["normalisation"]["high"]),
    )
    return DecompositionOut(
        **_score_members(row, language),
        explanation=explain_score(standing, leaves, missing),
        branches=[
            _branch(node, score.branches[node.code], language)
            for node in nodes
            if node.code in score.branches
        ],
        leaves=leaves,
        dropped=[show_reason(item, language) for item in score.dropped],
    )


def _node_members(node: NodeOut, language: str) -> dict[str, Any]:
    return {
        "code": node.code,
        "parent": node.parent,
        "name": node.names.pick(language),
        "names": node.names,
        "weight": node.weight,
    }


def _branch(node: NodeOut, computed: Mapping[str, Any], language: str) -> BranchPart:
    settings = {"aggregation": node.aggregation, "min_available": node.min_available}
    return BranchPart(**_node_members(node, language), **settings, **computed)


def _leaf(node: NodeOut, run: Run, score: Score, language: str) -> LeafPart:
    observed = score.inputs.get(node.code)
    frozen: Mapping[str, Any] = observed or {}
    return LeafPart(
        **_node_members(node, language),
        **score.leaves[node.code],
        unit=node.unit,
        direction=node.direction,
        status=frozen.get("status"),
        value=frozen.get("value"),
        observation=ObservationRef(id=observed["observation_id"], version=observed["observation_version"])
        if observed
        else None,
        reference_division=frozen.get("reference_division"),
        stands_in=frozen.get("stands_in", False),
        sources=[CitedSource.model_validate(run.sources[code]) for code in frozen.get("sources", [])],
        note=frozen.get("note"),
    )
