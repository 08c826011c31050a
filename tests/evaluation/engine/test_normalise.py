"""Direction and min-max."""

import pytest

from services.evaluation.engine import (
    Bounds,
    ComputationError,
    ConstantRule,
    MethodError,
    MinMax,
    build_tree,
    directed,
    min_max,
)
from tests.evaluation.engine.builders import leaf, matrix, min_max_setting, root


def test_direction_turns_the_columns_where_less_is_better() -> None:
    leaves = build_tree([root(), leaf("a"), leaf("b", direction="lower_is_better")]).leaves

    turned, log = directed(matrix({"u1": [1, 2], "u2": [3, None]}, "a", "b"), leaves)

    assert turned.values.tolist() == [[1.0, -2.0], [3.0, 0.0]]
    assert turned.present.tolist() == [[True, True], [True, False]]
    assert [(entry.done, entry.subjects) for entry in log] == [("multiplied_by_minus_one", ("b",))]


def test_worst_and_best_get_the_ends_and_the_rest_lies_between() -> None:
    normalised, log = min_max(matrix({"u1": [-4], "u2": [0], "u3": [12]}, "a"), min_max_setting(10, 90))

    assert normalised.matrix.values[:, 0].tolist() == [10.0, 30.0, 90.0]
    assert (normalised.minimum[0], normalised.maximum[0]) == (-4.0, 12.0)
    assert [entry.done for entry in log] == ["min_max"]
    assert log[0].params == {"low": 10.0, "high": 90.0, "bounds": "current_set"}


def test_the_upper_end_is_exact_where_low_plus_the_difference_is_not() -> None:
    low, high = -0.7, 0.1
    assert low + (high - low) != high

    normalised, _ = min_max(matrix({"u1": [1], "u2": [2]}, "a"), min_max_setting(low, high))

    assert normalised.matrix.values[:, 0].tolist() == [low, high]


def test_a_missing_value_sets_no_bound_and_gets_no_score() -> None:
    """Read as zero it would be the minimum, and u1 would score 50."""
    normalised, _ = min_max(matrix({"u1": [5], "u2": [None], "u3": [10]}, "a"), min_max_setting())

    assert normalised.matrix.value("u1", "a") == 0.0
    assert normalised.matrix.value("u2", "a") is None
    assert normalised.matrix.value("u3", "a") == 100.0


def test_a_constant_indicator_becomes_missing_with_a_warning() -> None:
    normalised, log = min_max(matrix({"u1": [7, 1], "u2": [7, 2]}, "a", "b"), min_max_setting())

    assert normalised.matrix.present.tolist() == [[False, True], [False, True]]
    assert normalised.constant.tolist() == [True, False]
    warning = log[1]
    assert (warning.done, warning.subjects, warning.warning) == ("constant_missing", ("a",), True)


def test_a_constant_indicator_is_mid_scale_where_so_chosen() -> None:
    setting = min_max_setting(20, 80, ConstantRule.MID_SCALE)

    normalised, log = min_max(matrix({"u1": [7], "u2": [7], "u3": [None]}, "a"), setting)

    assert [normalised.matrix.value(unit, "a") for unit in ("u1", "u2", "u3")] == [50.0, 50.0, None]
    assert (log[1].done, log[1].warning) == ("constant_mid_scale", True)


@pytest.mark.parametrize("rule", list(ConstantRule))
def test_a_column_without_values_stays_missing_under_either_rule(rule: ConstantRule) -> None:
    normalised, log = min_max(matrix({"u1": [None], "u2": [None]}, "a"), min_max_setting(constant=rule))

    assert not normalised.matrix.present.any()
    assert (normalised.empty.tolist(), normalised.constant.tolist()) == ([True], [False])
    assert [(entry.done, entry.subjects) for entry in log[1:]] == [("no_values", ("a",))]


def test_values_that_differ_in_the_last_digit_are_not_constant() -> None:
    normalised, _ = min_max(matrix({"u1": ["0.1"], "u2": ["0.10000000000000002"]}, "a"), min_max_setting())

    assert normalised.matrix.values[:, 0].tolist() == [0.0, 100.0]


def test_a_range_beyond_floating_point_is_an_error_that_names_the_indicator() -> None:
    with pytest.raises(ComputationError) as refused:
        min_max(matrix({"u1": ["1e308", 1], "u2": ["-1e308", 2]}, "wide", "b"), min_max_setting())

    assert refused.value.code == "range_overflow"
    assert refused.value.params == {"indicators": ["wide"]}


def test_the_smallest_and_the_largest_ranges_that_fit_are_measured() -> None:
    table = {"u1": ["5e-324", "8e307"], "u2": ["0", "-8e307"], "u3": ["5e-324", "0"]}

    normalised, _ = min_max(matrix(table, "tiny", "huge"), min_max_setting())

    assert normalised.matrix.values.tolist() == [[100.0, 100.0], [0.0, 0.0], [100.0, 50.0]]


@pytest.mark.parametrize(
    ("low", "high"), [(1, 1), (2, 1), (0, float("inf")), (float("nan"), 1), (-1e308, 1e308)]
)
def test_a_scale_without_a_finite_positive_length_is_refused(low: float, high: float) -> None:
    with pytest.raises(MethodError) as refused:
        MinMax(low, high, Bounds.CURRENT_SET, ConstantRule.MISSING)

    assert refused.value.code == "scale_invalid"
