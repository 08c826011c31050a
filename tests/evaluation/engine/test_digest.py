"""The digest says what a run read: all of it, and nothing of how it was written down."""

from dataclasses import replace

import pytest

from services.evaluation.engine import (
    Bounds,
    ConstantRule,
    Matrix,
    Method,
    MinMax,
    Ranking,
    TieRule,
    TreeRow,
    build_tree,
    input_digest,
)
from tests.evaluation.engine.builders import branch, leaf, matrix, method, root

ROWS = [root(), leaf("a", weight=2), branch("b"), leaf("b1", "b", direction="lower_is_better")]
VALUES = matrix({"u1": [1, None], "u2": ["2.5", 0]}, "a", "b1")
NOMINAL = input_digest(VALUES, build_tree(ROWS), method())


def test_it_is_this_number_on_every_machine() -> None:
    assert NOMINAL == "67fd67368e49fe6c3769f8f8ba84f2b024da10b04eee78f05ab32f975573b550"


def test_order_does_not_enter() -> None:
    shuffled = matrix({"u2": [0, "2.5"], "u1": [None, 1]}, "b1", "a")

    assert input_digest(shuffled, build_tree(ROWS[::-1]), method()) == NOMINAL


@pytest.mark.parametrize(
    "changed",
    [
        matrix({"u1": [1, 0], "u2": ["2.5", 0]}, "a", "b1"),
        matrix({"u1": [1, None], "u2": ["2.5000000000000004", 0]}, "a", "b1"),
        matrix({"u1": [1, None], "u3": ["2.5", 0]}, "a", "b1"),
        matrix({"u1": [1, None], "u2": ["2.5", 0]}, "a", "b2"),
        matrix({"u1": [1, None], "u2": ["2.5", 0], "u3": [None, None]}, "a", "b1"),
    ],
    ids=["missing is not zero", "last bit", "unit", "indicator", "a unit without values"],
)
def test_every_part_of_the_matrix_enters(changed: Matrix) -> None:
    assert input_digest(changed, build_tree(ROWS), method()) != NOMINAL


@pytest.mark.parametrize(
    "rows",
    [
        [root(), leaf("a", weight=3), *ROWS[2:]],
        [root(1), *ROWS[1:]],
        [*ROWS[:3], leaf("b1", "b")],
        [*ROWS[:3], leaf("b1", "b", direction="lower_is_better"), leaf("z")],
        [root(), leaf("a", "b", weight=2), *ROWS[2:]],
    ],
    ids=["weight", "minimum", "direction", "leaf", "parent"],
)
def test_every_part_of_the_framework_enters(rows: list[TreeRow]) -> None:
    assert input_digest(VALUES, build_tree(rows), method()) != NOMINAL


SETTINGS = method().normalisation
RANKING = method().ranking


@pytest.mark.parametrize(
    "changed",
    [
        Method(replace(SETTINGS, low=1.0), RANKING),
        Method(replace(SETTINGS, high=99.0), RANKING),
        Method(replace(SETTINGS, constant=ConstantRule.MID_SCALE), RANKING),
        Method(SETTINGS, replace(RANKING, tie_rule=TieRule.DENSE)),
        Method(SETTINGS, replace(RANKING, tie_tolerance=0.0)),
    ],
)
def test_every_setting_enters(changed: Method) -> None:
    assert input_digest(VALUES, build_tree(ROWS), changed) != NOMINAL


def test_a_whole_number_and_its_float_are_one_setting() -> None:
    same = Method(MinMax(0, 100, Bounds.CURRENT_SET, ConstantRule.MISSING), Ranking(TieRule.MINIMUM, 1e-12))

    assert input_digest(VALUES, build_tree(ROWS), same) == NOMINAL
