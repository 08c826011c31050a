"""The oracle against cases worked out by hand."""

from fractions import Fraction
from pathlib import Path

import pytest

from tests.oracle.ranking import Ranked, competition_ranks, rank
from tests.oracle.tiny import Values, inner, leaf, write


def by_zone(folder: Path) -> dict[str, Ranked]:
    return {result.zone: result for result in rank(folder)}


def test_weights_and_directions_decide_the_score(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R", "3"), leaf("Y", "R", "1", "lower_is_better")]
    values: Values = {"X": {"A": "0", "B": "5", "C": "10"}, "Y": {"A": "10", "B": "20", "C": "30"}}

    results = rank(write(tmp_path / "d", nodes, values))

    assert [(r.zone, r.score, r.rank) for r in results] == [("C", 75.0, 1), ("B", 50.0, 2), ("A", 25.0, 3)]
    assert results[1].contributions == {"X": 37.5, "Y": 12.5}


def test_a_missing_value_gives_its_weight_to_its_siblings_inside_the_branch(tmp_path: Path) -> None:
    nodes = [inner("R", None), inner("P", "R"), leaf("X", "P"), leaf("Y", "P"), leaf("Z", "R")]
    values: Values = {
        "X": {"A": None, "B": "0", "C": "10"},
        "Y": {"A": "10", "B": "0", "C": "5"},
        "Z": {"A": "0", "B": "10", "C": "5"},
    }

    results = by_zone(write(tmp_path / "d", nodes, values))

    # A: branch P is Y alone (100), Z is 0: 50, not the 66.7 or 33.3 that flat or zero-filled weights give.
    assert results["A"].score == 50.0
    assert results["A"].contributions == {"Y": 50.0, "Z": 0.0}
    assert results["A"].lacks == ("X",)
    assert results["C"].score == 62.5


@pytest.mark.parametrize(("minimum", "score"), [("0.5", 50.0), ("0.51", 0.0)])
def test_a_share_equal_to_the_minimum_of_available_data_passes(
    tmp_path: Path, minimum: str, score: float
) -> None:
    nodes = [inner("R", None), inner("P", "R", min_available=minimum), leaf("X", "P"), leaf("Y", "P")]
    nodes.append(leaf("Z", "R"))
    values: Values = {
        "X": {"A": "10", "B": "0", "C": "5"},
        "Y": {"A": None, "B": "1", "C": "2"},
        "Z": {"A": "0", "B": "1", "C": "1"},
    }

    # A: with branch P the mean of 100 and 0, without it Z alone.
    assert by_zone(write(tmp_path / "d", nodes, values))["A"].score == score


def test_the_minimum_counts_direct_members_and_not_leaves(tmp_path: Path) -> None:
    nodes = [
        inner("R", None, min_available="0.6"),
        inner("P", "R"),
        leaf("X", "P"),
        leaf("Y", "P"),
        leaf("V", "P"),
        leaf("Z", "R"),
    ]
    full = {"A": "1", "B": "0"}
    values: Values = {"X": full, "Y": full, "V": full, "Z": {"A": None, "B": "1"}}

    results = by_zone(write(tmp_path / "d", nodes, values))

    # Three of four leaves are known, but only one of the root's two members.
    assert (results["A"].score, results["A"].rank, results["A"].contributions) == (None, None, {})


def test_a_zone_without_a_score_has_no_rank_and_comes_last(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R"), leaf("Y", "R")]
    values: Values = {"X": {"A": None, "B": "1", "C": "2"}, "Y": {"A": None, "B": "1", "C": "2"}}

    last = rank(write(tmp_path / "d", nodes, values))[-1]

    assert last == Ranked("A", None, None, {}, ("X", "Y"))


def test_an_indicator_that_is_the_same_everywhere_is_missing_for_all(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R"), leaf("Y", "R")]
    values: Values = {"X": {"A": "7", "B": "7.0"}, "Y": {"A": "1", "B": "2"}}

    results = by_zone(write(tmp_path / "d", nodes, values))

    assert [results[zone].score for zone in "AB"] == [0.0, 100.0]
    assert [results[zone].lacks for zone in "AB"] == [("X",), ("X",)]


def test_zones_that_have_left_set_no_bounds_and_candidates_do(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R")]
    values: Values = {"X": {"A": "0", "B": "5", "C": "10", "D": "1000"}}
    states = {"C": "candidate", "D": "exited"}

    results = rank(write(tmp_path / "d", nodes, values, states=states))

    assert [(r.zone, r.score) for r in results] == [("C", 100.0), ("B", 50.0), ("A", 0.0)]


def test_an_estimate_counts_and_a_confidential_value_does_not(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R")]
    values: Values = {"X": {"A": "0", "B": "5", "C": "10", "D": "999"}}
    statuses = {("B", "X"): "estimated", ("D", "X"): "confidential"}

    results = by_zone(write(tmp_path / "d", nodes, values, statuses=statuses))

    assert (results["B"].score, results["D"].score) == (50.0, None)


def test_equal_scores_share_the_smaller_rank(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R")]
    values: Values = {"X": {"A": "10", "B": "10.00", "C": "1", "D": "0"}}

    results = rank(write(tmp_path / "d", nodes, values))

    assert [(r.zone, r.rank) for r in results] == [("A", 1), ("B", 1), ("C", 3), ("D", 4)]


def test_ties_are_judged_against_the_first_of_the_group() -> None:
    step = Fraction(7, 10**13)
    scores = {"A": Fraction(1), "B": 1 - step, "C": 1 - 2 * step, "D": Fraction(0)}

    # C is within the tolerance of B but not of A, the group's first.
    assert competition_ranks(scores, Fraction(1, 10**12)) == {"A": 1, "B": 1, "C": 3, "D": 4}


def test_a_method_that_it_does_not_know_is_refused(tmp_path: Path) -> None:
    nodes = [inner("R", None), leaf("X", "R")]
    folder = write(tmp_path / "d", nodes, {"X": {"A": "1", "B": "2"}}, ties="average")

    with pytest.raises(ValueError, match="not checked here"):
        rank(folder)
