"""One sentence that explains a score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chassis.schemas import Names
from services.evaluation.runs.score_schemas import LeafPart, Reason

_TOP = 2


@dataclass(frozen=True)
class Standing:
    """What a sentence tells of; `scale_high` is the best normalised score that there is."""

    zone: Names
    display: str | None
    rank: int | float | None
    ranked_count: int
    scale_high: float


def explain_score(standing: Standing, leaves: Sequence[LeafPart], missing: Sequence[Reason]) -> Names:
    """Rank and what gave and cost most, or why there is no rank.

    `missing`: the branches that are missing, the highest first.
    """
    zone = standing.zone
    if standing.rank is None:
        zh = "; ".join(reason.text.zh for reason in missing[:_TOP])
        en = "; ".join(reason.text.pick("en") for reason in missing[:_TOP])
        return Names(
            zh=f"{zone.zh}数据不足, 未参与排名: {zh}。", en=f"{zone.pick('en')} is not ranked: {en}."
        )
    gained = [leaf for leaf in _by(leaves, _contributions(leaves)) if leaf.contribution]
    lost = _losses(leaves, standing.scale_high)
    cost = [leaf for leaf in _by(leaves, lost) if lost.get(leaf.code, 0) > 0]
    best, worst = _listed(gained, _contributions(leaves), "+"), _listed(cost, lost, "−")
    place = f"{standing.rank:g}"
    zh = f"{zone.zh}得分 {standing.display}, 在 {standing.ranked_count} 个中排第 {place}"
    en = f"{zone.pick('en')} scored {standing.display}, rank {place} of {standing.ranked_count}"
    zh += f"; 得分最多: {best.zh}" if best else ""
    en += f"; most gained by {best.pick('en')}" if best else ""
    zh += f"; 失分最多: {worst.zh}" if worst else ""
    en += f"; most lost by {worst.pick('en')}" if worst else ""
    return Names(zh=f"{zh}。", en=f"{en}.")


def _contributions(leaves: Sequence[LeafPart]) -> dict[str, float]:
    return {leaf.code: leaf.contribution for leaf in leaves if leaf.contribution is not None}


def _losses(leaves: Sequence[LeafPart], high: float) -> dict[str, float]:
    """Points between an indicator's contribution and the best that its weight allows."""
    return {
        leaf.code: leaf.effective_weight * (high - leaf.normalised)
        for leaf in leaves
        if leaf.effective_weight is not None and leaf.normalised is not None
    }


def _by(leaves: Sequence[LeafPart], points: Mapping[str, float]) -> list[LeafPart]:
    """Those that have points, the most first; the framework's order among equals."""
    return sorted((leaf for leaf in leaves if leaf.code in points), key=lambda leaf: -points[leaf.code])


def _listed(leaves: Sequence[LeafPart], points: Mapping[str, float], sign: str) -> Names | None:
    top = leaves[:_TOP]
    if not top:
        return None
    zh = "、".join(f"{leaf.names.zh} ({sign}{points[leaf.code]:.2f})" for leaf in top)
    en = ", ".join(f"{leaf.names.pick('en')} ({sign}{points[leaf.code]:.2f})" for leaf in top)
    return Names(zh=zh, en=en)
