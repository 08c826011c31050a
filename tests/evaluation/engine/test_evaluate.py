"""The chain as a whole, on cases small enough to do by hand."""

import subprocess
import sys

import numpy as np
import pytest

from services.evaluation.engine import (
    ENGINE_VERSION,
    ComputationError,
    ConstantRule,
    MatrixError,
    TieRule,
    build_tree,
    evaluate,
)
from tests.evaluation.engine.builders import branch, flat_tree, leaf, matrix, method, root


def test_a_case_by_hand() -> None:
    """a: 0, 50, 100; b (less is better): 100, 75, 0; 3 to 1: 25, 56.25, 75."""
    tree = build_tree([root(), leaf("a", weight=3), leaf("b", weight=1, direction="lower_is_better")])

    answer = evaluate(matrix({"u1": [10, -2], "u2": [20, -1], "u3": [30, 2]}, "a", "b"), tree, method())

    assert [answer.score(unit) for unit in answer.units] == [25.0, 56.25, 75.0]
    assert [answer.rank(unit) for unit in answer.units] == [3.0, 2.0, 1.0]
    assert answer.engine_version == ENGINE_VERSION


def test_turning_a_direction_mirrors_the_scores() -> None:
    values = matrix({"u1": [-1], "u2": [0], "u3": [3]}, "a")
    up, down = (
        evaluate(values, build_tree([root(), leaf("a", direction=direction)]), method())
        for direction in ("higher_is_better", "lower_is_better")
    )

    assert [up.score(unit) for unit in up.units] == [0.0, 25.0, 100.0]
    assert [down.score(unit) for unit in down.units] == [100.0, 75.0, 0.0]
    assert [down.rank(unit) for unit in down.units] == [1.0, 2.0, 3.0]


def test_missing_is_not_zero() -> None:
    """Read as zero, u2's missing value would be the least of `a`: u1 would score 25, and so would u2."""
    answer = evaluate(
        matrix({"u1": [5, 1], "u2": [None, 2], "u3": [10, 3]}, "a", "b"), flat_tree("a", "b"), method()
    )

    assert [answer.score(unit) for unit in answer.units] == [0.0, 50.0, 100.0]
    assert [answer.rank(unit) for unit in answer.units] == [3.0, 2.0, 1.0]


def test_scores_of_branches_can_be_asked_for() -> None:
    tree = build_tree([root(), leaf("a"), branch("b"), leaf("b1", "b"), leaf("b2", "b")])

    answer = evaluate(matrix({"u1": [1, 1, 2], "u2": [2, 2, None]}, "a", "b1", "b2"), tree, method())

    assert answer.score("u2", "b") == 100.0
    assert answer.score("u1", "b") == 0.0
    with pytest.raises(ComputationError) as refused:
        answer.score("u1", "a")
    assert refused.value.code == "unknown_node"
    with pytest.raises(MatrixError):
        answer.rank("u9")


def test_units_that_differ_only_by_rounding_share_a_rank() -> None:
    """Both have two of three equal members at 100: the sums differ by the order of adding."""
    tree = build_tree([root(), leaf("a", weight=0.1), leaf("b", weight=0.2), leaf("c", weight=0.3)])
    table = {"u1": [1, 1, 0], "u2": [0, 0, 1], "u3": [1, 1, 1], "u4": [0, 0, 0]}

    answer = evaluate(matrix(table, "a", "b", "c"), tree, method())

    assert answer.score("u1") != answer.score("u2")
    assert [answer.rank(unit) for unit in answer.units] == [2.0, 2.0, 1.0, 4.0]


@pytest.mark.parametrize(("rule", "score"), [(ConstantRule.MISSING, None), (ConstantRule.MID_SCALE, 50.0)])
def test_a_single_unit_has_only_constant_indicators(rule: ConstantRule, score: float | None) -> None:
    answer = evaluate(matrix({"u1": [3, -7]}, "a", "b"), flat_tree("a", "b"), method(constant=rule))

    assert answer.score("u1") == score
    assert answer.rank("u1") == (None if score is None else 1.0)


def test_with_all_missing_there_is_an_answer_without_scores() -> None:
    answer = evaluate(matrix({"u1": [None], "u2": [None]}, "a"), flat_tree("a"), method())

    assert [answer.score(unit) for unit in answer.units] == [None, None]
    assert [answer.rank(unit) for unit in answer.units] == [None, None]
    assert [entry.done for entry in answer.log if entry.warning] == ["no_values", "branch_missing"]


def test_columns_outside_the_framework_are_left_out_and_logged() -> None:
    answer = evaluate(matrix({"u1": [1, 9], "u2": [2, 1]}, "a", "z"), flat_tree("a"), method())

    assert answer.score("u2") == 100.0
    assert (answer.log[0].step, answer.log[0].subjects) == ("select", ("z",))


def test_a_leaf_without_a_column_is_an_error_not_a_missing_value() -> None:
    with pytest.raises(ComputationError) as refused:
        evaluate(matrix({"u1": [1]}, "a"), flat_tree("a", "b"), method())

    assert refused.value.code == "leaf_without_column"
    assert refused.value.params == {"codes": ["b"]}


def test_the_log_follows_the_order_of_the_steps() -> None:
    tree = build_tree([root(), leaf("a", direction="lower_is_better")])

    answer = evaluate(matrix({"u1": [1], "u2": [2]}, "a"), tree, method(tie_rule=TieRule.DENSE))

    assert [entry.step for entry in answer.log] == ["direction", "normalise", "aggregate", "rank"]


def test_a_tree_of_a_thousand_levels_is_evaluated_and_explained() -> None:
    rows = [root(), *(branch(f"b{i}", "root" if i == 0 else f"b{i - 1}") for i in range(1000))]

    answer = evaluate(
        matrix({"u1": [1], "u2": [2], "u3": [None]}, "a"), build_tree([*rows, leaf("a", "b999")]), method()
    )

    assert answer.explain("u2").leaves[0].contribution == 100.0
    assert len(answer.explain("u3").dropped) == 1002


def test_the_engine_loads_nothing_of_ours_outside_itself() -> None:
    listing = (
        "import sys, services.evaluation.engine\n"
        "print(*sorted(m for m in sys.modules if m.split('.')[0] in {'services', 'chassis', 'sdz'}))"
    )

    loaded = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)

    own = {"services", "services.evaluation"}
    assert all(name in own or name.startswith("services.evaluation.engine") for name in loaded.stdout.split())


def test_answers_hold_no_nan_and_no_infinity() -> None:
    rng = np.random.default_rng(11)
    table = {
        f"u{i}": [None if rng.random() < 0.4 else str(10.0 ** rng.integers(-300, 300)) for _ in range(6)]
        for i in range(40)
    }
    codes = [f"a{i}" for i in range(6)]

    answer = evaluate(matrix(table, *codes), flat_tree(*codes), method())

    for array in (
        answer.scores.values,
        answer.ranks.values,
        answer.explanation.effective_weights,
        answer.explanation.contributions,
        answer.explanation.normalised.minimum,
        answer.explanation.normalised.maximum,
    ):
        assert np.isfinite(array).all()
