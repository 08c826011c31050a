"""Why something takes no part in a score, in words for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from chassis.schemas import Names
from chassis.words import Words
from services.evaluation.runs.score_schemas import Reason, ReasonCode

_WORDS: Mapping[ReasonCode, Words] = {
    "not_present": Words("{zh}: 没有数值", "{en}: no value"),
    "constant_indicator": Words("{zh}: 各实验区数值全部相同", "{en}: the same value everywhere"),
    "below_minimum": Words(
        "{zh}: {members} 项中只有 {available} 项可用, 至少需要 {required} 项",
        "{en}: only {available} of {members} available, at least {required} needed",
    ),
    "no_member_present": Words("{zh}: {members} 项中没有可用的", "{en}: none of {members} available"),
    "no_weight_present": Words("{zh}: 可用各项的权重均为零", "{en}: those that are available weigh nothing"),
    "ancestor_missing": Words(
        "{zh}: 上级 {ancestor} 缺失, 未计入", "{en}: left out because {ancestor} above it is missing"
    ),
}
# A leaf's own reasons: it has no normalised value.
_WITHOUT_VALUE = frozenset({"not_present", "constant_indicator"})


def show_reason(stored: Mapping[str, Any], language: str) -> Reason:
    """A dropped node as it was stored with a score."""
    names = Names.model_validate(stored["names"])
    words = _WORDS[stored["reason"]].filled(
        zh=names.zh,
        en=names.pick("en"),
        **{name: stored[name] for name in ("available", "members", "required", "ancestor")},
    )
    return Reason(
        node=stored["code"],
        name=names.pick(language),
        code=stored["reason"],
        available=stored["available"],
        members=stored["members"],
        required=stored["required"],
        ancestor=stored["ancestor"],
        text=Names(zh=words.zh, en=words.en),
    )


def missing_indicators(dropped: Iterable[Mapping[str, Any]]) -> list[str]:
    """Codes of the indicators without a normalised value, in the framework's order."""
    return [item["code"] for item in dropped if item["is_indicator"] and item["reason"] in _WITHOUT_VALUE]


def own_reasons(dropped: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Without what only follows from a missing branch above."""
    return [item for item in dropped if item["reason"] != "ancestor_missing"]


def branch_reasons(dropped: Iterable[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The branches among them, top-down: the root comes first where it is missing."""
    return [item for item in own_reasons(dropped) if not item["is_indicator"]]
