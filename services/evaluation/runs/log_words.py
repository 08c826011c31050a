"""The engine's warnings in words for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from chassis.schemas import Names
from chassis.words import Words
from services.evaluation.runs.schemas import LogOut

# Entries whose subjects are zones: a caller sees those of their own scope.
ABOUT_ZONES = frozenset({"branch_missing"})

_WORDS: Mapping[str, Words] = {
    "columns_left_out": Words(
        "{count} 项指标不在指标体系中, 未使用", "{count} indicator(s) are not in the framework"
    ),
    "constant_missing": Words(
        "{count} 项指标的数值全部相同, 按缺失处理", "{count} indicator(s) are equal everywhere: left out"
    ),
    "constant_mid_scale": Words(
        "{count} 项指标的数值全部相同, 取量程中点",
        "{count} indicator(s) are equal everywhere: set to mid-scale",
    ),
    "no_values": Words("{count} 项指标没有任何数值", "{count} indicator(s) have no value at all"),
    "branch_missing": Words("{count} 个实验区的 {node} 可用数据不足", "{count} zone(s) lack data for {node}"),
}


def show_log(stored: Mapping[str, Any], visible_zones: Collection[str] | None) -> LogOut:
    """An entry of a run's log; `visible_zones` None: all of them."""
    subjects = list(stored["subjects"])
    count = len(subjects)
    if stored["done"] in ABOUT_ZONES and visible_zones is not None:
        subjects = [code for code in subjects if code in visible_zones]
    words = _WORDS[stored["done"]] if stored["warning"] else None
    filled = words.filled(count=count, **stored["params"]) if words else None
    return LogOut(
        step=stored["step"],
        done=stored["done"],
        subjects=subjects,
        count=count,
        params=stored["params"],
        warning=stored["warning"],
        text=Names(zh=filled.zh, en=filled.en) if filled else None,
    )
