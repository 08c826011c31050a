"""Corrections of a life, without a database."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chassis.temporal.slices import Slice, amend

FIRST = date(2020, 1, 1)
VALUES = st.dictionaries(st.sampled_from(["a", "b1", "b2"]), st.integers(0, 2))


def member(column: str) -> str:
    return column[0]


@st.composite
def lives(draw: st.DrawFn) -> list[Slice]:
    starts = sorted(draw(st.sets(st.integers(0, 9), min_size=1, max_size=5)))
    days = [FIRST + timedelta(start) for start in starts]
    ends = [*days[1:], None]
    names = st.fixed_dictionaries({name: st.integers(0, 2) for name in ("a", "b1", "b2")})
    return [Slice(start, end, draw(names)) for start, end in zip(days, ends, strict=True)]


@given(life=lives(), values=VALUES, since=st.integers(0, 12))
def test_a_life_stays_whole_and_says_what_was_stated(
    life: list[Slice], values: dict[str, int], since: int
) -> None:
    effective = FIRST + timedelta(since)
    amended = amend(life, values, effective, member)
    assert amended[0].valid_from == min(life[0].valid_from, effective)
    assert amended[-1].valid_to is None
    assert all(one.valid_to == following.valid_from for one, following in pairwise(amended))
    for part in amended:
        old = next((o for o in life if o.holds(part.valid_from)), life[0])
        if part.valid_from < effective:
            assert part.data == old.data
        if part.valid_from == effective:
            assert part.data == {**old.data, **values}


@given(life=lives(), values=VALUES, since=st.integers(0, 12))
def test_what_was_stated_for_later_stands_and_parts_of_a_member_move_together(
    life: list[Slice], values: dict[str, int], since: int
) -> None:
    effective = FIRST + timedelta(since)
    amended = amend(life, values, effective, member)
    for group in {member(name) for name in values}:
        columns = [name for name in life[0].data if member(name) == group]
        stands = False
        for before, after in pairwise(life):
            if after.valid_from <= effective:
                continue
            stands = stands or any(before.data[name] != after.data[name] for name in columns)
            new = next(part for part in amended if part.holds(after.valid_from))
            expected = after.data if stands else {**after.data, **values}
            assert [new.data[name] for name in columns] == [expected[name] for name in columns]


def test_stating_the_same_again_says_nothing_new() -> None:
    life = [Slice(FIRST, None, {"a": 1})]
    amended = amend(life, {"a": 1}, FIRST + timedelta(3), member)
    assert {tuple(part.data.items()) for part in amended} == {(("a", 1),)}
