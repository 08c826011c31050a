"""Periods and their half-open bounds."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluation.periods import bounds


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2024", date(2024, 1, 1), date(2025, 1, 1)),
        ("2024-H1", date(2024, 1, 1), date(2024, 7, 1)),
        ("2024-H2", date(2024, 7, 1), date(2025, 1, 1)),
        ("2024-Q1", date(2024, 1, 1), date(2024, 4, 1)),
        ("2024-Q3", date(2024, 7, 1), date(2024, 10, 1)),
        ("2024-Q4", date(2024, 10, 1), date(2025, 1, 1)),
        ("2024-08", date(2024, 8, 1), date(2024, 9, 1)),
        ("2024-12", date(2024, 12, 1), date(2025, 1, 1)),
    ],
)
def test_a_period_runs_from_its_first_day_until_before_the_day_after(
    period: str, start: date, end: date
) -> None:
    assert bounds(period) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-H3", "2024-Q0", "2024-13", "2024-00", "2024-8", "２０２４", "2024\n", "0999"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Must be like"):
        bounds(text)


@given(st.integers(1000, 2999))
def test_the_parts_of_a_year_follow_each_other_without_gap(year: int) -> None:
    for parts in (
        [f"{year}-H{n}" for n in (1, 2)],
        [f"{year}-Q{n}" for n in range(1, 5)],
        [f"{year}-{n:02d}" for n in range(1, 13)],
    ):
        spans = [bounds(part) for part in parts]
        assert [start for start, _ in spans[1:]] == [end for _, end in spans[:-1]]
        assert (spans[0][0], spans[-1][1]) == bounds(str(year))
