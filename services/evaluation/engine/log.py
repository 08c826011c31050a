"""The log that every step returns: enough to say what was done to which codes, and to do it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

ENGINE_VERSION = "1.0"
"""Changes whenever the same input could give another answer; a run stores it with its result."""

Param = str | int | float | bool | None


@dataclass(frozen=True)
class LogEntry:
    """One thing that a step did, or that it wants a reader to know.

    `step` and `done` are machine codes; `subjects` are the codes of units, indicators or nodes concerned;
    `params` are the settings and counts that a sentence about it needs.
    """

    step: Literal["select", "direction", "normalise", "aggregate", "rank"]
    done: str
    subjects: tuple[str, ...] = ()
    params: Mapping[str, Param] = field(default_factory=dict)
    warning: bool = False


Log = tuple[LogEntry, ...]
