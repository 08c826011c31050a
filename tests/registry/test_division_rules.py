"""What a code says by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.divisions import rules

codes = st.integers(100_000, 999_999).map(str)


@pytest.mark.parametrize(
    ("code", "level", "path"),
    [
        ("420000", "province", ["420000"]),
        ("420100", "prefecture", ["420000", "420100"]),
        ("420102", "county", ["420000", "420100", "420102"]),
        ("429004", "county", ["420000", "429000", "429004"]),
    ],
)
def test_level_and_path(code: str, level: str, path: list[str]) -> None:
    assert (rules.level(code), rules.path(code)) == (level, path)


@given(codes)
def test_a_path_ends_with_the_code_and_each_step_contains_the_next(code: str) -> None:
    steps = rules.path(code)
    assert steps[-1] == code
    assert all(code.startswith(step.rstrip("0")) for step in steps)
    assert len(set(steps)) == len(steps)


@pytest.mark.parametrize("text", ["", "4201", "4201020", "42010a", "042010", "４２０１０２"])
def test_what_is_no_code(text: str) -> None:
    assert not rules.is_code(text)


@pytest.mark.parametrize(
    ("edition", "stands"), [("199612", True), ("201504", True), ("201512", False), ("199512", False)]
)
def test_an_entry_stands_from_its_first_edition_until_it_is_gone(edition: str, stands: bool) -> None:
    assert rules.stands_in(edition, "199612", "201512") is stands
