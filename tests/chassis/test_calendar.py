"""Business dates, windows, periods: all half-open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.calendar import Window, bounds, business_date, end_of, start_of, window_of


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


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 31, 15, 59, 59, 999_000, UTC), date(2026, 3, 31)),
        (datetime(2026, 3, 31, 16, 0, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(1990, 6, 30, 15, 30, tzinfo=UTC), date(1990, 7, 1)),  # China kept summer time then
    ],
)
def test_a_business_date_is_a_day_in_shanghai(instant: datetime, day: date) -> None:
    assert business_date(instant) == day


def test_an_instant_without_a_zone_has_no_business_date() -> None:
    with pytest.raises(ValueError, match="time zone"):
        business_date(datetime(2026, 3, 31))


@given(st.dates(date(1950, 1, 1), date(2200, 1, 1)))
def test_a_business_date_holds_its_instants_and_no_others(day: date) -> None:
    start, end = start_of(day), end_of(day)
    tick = timedelta(microseconds=1)
    assert (business_date(start), business_date(end - tick)) == (day, day)
    assert (business_date(start - tick), business_date(end)) == (
        day - timedelta(days=1),
        day + timedelta(days=1),
    )


@given(st.dates(), st.dates(), st.dates())
def test_a_window_holds_its_opening_and_not_its_close(opens: date, closes: date, day: date) -> None:
    if opens >= closes:
        with pytest.raises(ValueError, match="holds nothing"):
            Window(opens, closes)
        return
    window = Window(opens, closes)
    assert (window.holds(opens), window.holds(closes)) == (True, False)
    assert window.holds(day) == (opens <= day < closes)
    assert Window(opens).holds(day) == (opens <= day)


def test_a_deadline_ends_with_its_day_and_the_days_of_grace() -> None:
    opens = datetime(2026, 1, 1, tzinfo=UTC)
    window = window_of(date(2026, 3, 31), opens, grace_days=3)
    assert window == Window(opens, datetime(2026, 4, 3, 16, tzinfo=UTC))
