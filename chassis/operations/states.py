"""What an operation may become: pure. The statements of `lease` and `cancelling` follow this table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

from chassis.vocabularies.terms import closed
from chassis.words import Words

OperationState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
MOST_ATTEMPTS: Final = 3

# From queued to failed or cancelled in one step: the last attempt's worker is gone, or somebody cancelled.
BECOMES: Final[Mapping[str, frozenset[str]]] = {
    "queued": frozenset({"running", "failed", "cancelled"}),
    "running": frozenset({"running", "queued", "succeeded", "failed", "cancelled"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
}
FINISHED: Final = tuple(state for state, later in BECOMES.items() if not later)
assert set(BECOMES) == set(get_args(OperationState))

STATES: Final = closed(
    "operations.state",
    Words("长任务状态", "State of an operation"),
    OperationState,
    Words("排队中", "Queued"),
    Words("执行中", "Running"),
    Words("已完成", "Succeeded"),
    Words("失败", "Failed"),
    Words("已取消", "Cancelled"),
)
