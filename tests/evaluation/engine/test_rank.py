"""Ranks, ties and their rules."""

from collections.abc import Sequence

import numpy as np
import pytest

from services.evaluation.engine import MethodError, Ranking, TieRule, rank

EXACT = 1e-12


def ranks_of(scores: Sequence[float | None], rule: TieRule, tolerance: float = EXACT) -> list[float | None]:
    values = np.array([0.0 if score is None else score for score in scores])
    present = np.array([score is not None for score in scores])
    ranks, _ = rank(values, present, Ranking(rule, tolerance))
    return [float(v) if p else None for v, p in zip(ranks.values, ranks.present, strict=True)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (TieRule.MINIMUM, [3, 1, 1, None, 4, 4, 4, 7]),
        (TieRule.MAXIMUM, [3, 2, 2, None, 6, 6, 6, 7]),
        (TieRule.AVERAGE, [3, 1.5, 1.5, None, 5, 5, 5, 7]),
        (TieRule.DENSE, [2, 1, 1, None, 3, 3, 3, 4]),
    ],
)
def test_each_tie_rule(rule: TieRule, expected: list[float | None]) -> None:
    assert ranks_of([80.0, 90.0, 90.0, None, 70.0, 70.0, 70.0, 60.0], rule) == expected


def test_floating_noise_does_not_split_a_tie() -> None:
    assert 0.1 + 0.2 != 0.3
    assert ranks_of([0.3, 0.1 + 0.2, 0.2], TieRule.MINIMUM) == [1, 1, 3]
    assert ranks_of([0.3, 0.1 + 0.2, 0.2], TieRule.MINIMUM, tolerance=0.0) == [2, 1, 3]


def test_the_tolerance_is_relative() -> None:
    assert ranks_of([1e12, 1e12 - 0.5], TieRule.MINIMUM) == [1, 1]
    assert ranks_of([1e-12, 0.5e-12], TieRule.MINIMUM) == [1, 2]
    assert ranks_of([-1e12, -1e12 - 0.5], TieRule.MINIMUM) == [1, 1]


def test_a_chain_of_small_steps_is_cut_against_the_first_of_its_group() -> None:
    chain = [1.0, 1.0 - 0.8e-12, 1.0 - 1.6e-12, 1.0 - 2.4e-12]

    assert ranks_of(chain, TieRule.MINIMUM) == [1, 1, 3, 3]


def test_a_missing_score_takes_no_place() -> None:
    assert ranks_of([None, -5.0, None, 3.0], TieRule.MINIMUM) == [None, 2, None, 1]


def test_with_no_score_there_is_no_rank() -> None:
    assert ranks_of([None, None], TieRule.AVERAGE) == [None, None]


def test_one_unit_is_first() -> None:
    assert [ranks_of([0.0], rule) for rule in TieRule] == [[1.0]] * 4


def test_scores_as_far_apart_as_floats_go_are_ranked() -> None:
    assert ranks_of([-1.7e308, 1.7e308], TieRule.MINIMUM) == [2, 1]


def test_the_log_counts_the_ranked_and_the_tied() -> None:
    _, log = rank(np.array([1.0, 1.0, 0.5]), np.ones(3, dtype=np.bool_), Ranking(TieRule.DENSE, EXACT))

    assert log[0].params == {"tie_rule": "dense", "tie_tolerance": 1e-12, "ranked": 3, "tied": 2}


@pytest.mark.parametrize("tolerance", [-1e-12, 1.0, float("nan"), float("inf")])
def test_a_tolerance_outside_its_range_is_refused(tolerance: float) -> None:
    with pytest.raises(MethodError) as refused:
        Ranking(TieRule.MINIMUM, tolerance)

    assert refused.value.code == "tolerance_invalid"
