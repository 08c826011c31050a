"""What a correction of the past does to an object's life. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Slice:
    """How an object was from `valid_from` until before `valid_to`; an open end is None."""

    valid_from: date
    valid_to: date | None
    data: Mapping[str, Any]

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def amend(
    life: Sequence[Slice], values: Mapping[str, Any], effective: date, group_of: Callable[[str], str]
) -> list[Slice]:
    """The life with `values` from `effective` on. `life` is in order, without gaps, open at its end.

    A value holds until a later slice says something else about the same group of columns: what was stated for
    a later date stands. A date before the beginning carries the first slice back to it.
    """
    first = life[0]
    slices = [replace(first, valid_from=min(first.valid_from, effective)), *life[1:]]
    amended: list[Slice] = []
    moving = {group_of(name) for name in values}
    before: Slice | None = None  # as it was said before this amendment
    for part in slices:
        if part.valid_to is not None and part.valid_to <= effective:
            amended.append(part)
            continue
        if part.valid_from < effective:
            amended.append(replace(part, valid_to=effective))
        if before is not None:
            moving -= {group_of(name) for name, value in part.data.items() if before.data.get(name) != value}
        news = {name: value for name, value in values.items() if group_of(name) in moving}
        amended.append(
            Slice(
                max(part.valid_from, effective), part.valid_to, {**part.data, **news} if news else part.data
            )
        )
        before = part
    return amended
