"""The weighted mean over present members, and the tree of means."""

from decimal import Decimal

import numpy as np
import pytest

from services.evaluation.engine import Matrix, aggregate, build_tree, weighted_mean
from tests.evaluation.engine.builders import branch, leaf, matrix, root

UNEVEN = build_tree(
    [
        root(),
        leaf("a", weight=1),
        branch("b", weight=3),
        leaf("b1", "b", weight=1),
        branch("c", "b", weight=1),
        leaf("c1", "c", weight=1),
        leaf("c2", "c", weight=4),
    ]
)
LEAVES = ("a", "b1", "c1", "c2")


def test_an_uneven_tree_by_hand() -> None:
    """c = (10 + 4 * 60) / 5 = 50, b = (30 + 50) / 2 = 40, root = (80 + 3 * 40) / 4 = 50."""
    scores, _ = aggregate(matrix({"u1": [80, 30, 10, 60]}, *LEAVES), UNEVEN)

    assert scores.nodes == ("c", "b", "root")
    assert scores.values.tolist() == [[50.0, 40.0, 50.0]]
    assert scores.available.tolist() == [[2, 2, 2]]


def test_a_missing_leaf_leaves_its_weight_to_its_siblings_only() -> None:
    """c = 10, b = (30 + 10) / 2 = 20, root = (80 + 3 * 20) / 4 = 35; as a zero c2 would give root 32."""
    scores, _ = aggregate(matrix({"u1": [80, 30, 10, None]}, *LEAVES), UNEVEN)

    assert scores.values.tolist() == [[10.0, 20.0, 35.0]]
    assert [scores.shares[code][0] for code in ("c1", "c2")] == [1.0, 0.0]


def test_a_missing_branch_leaves_its_weight_to_its_siblings_and_is_not_flattened() -> None:
    """Without c, b is b1 alone and keeps its 3 of 4 at the root: (80 + 3 * 30) / 4 = 42.5."""
    scores, log = aggregate(matrix({"u1": [80, 30, None, None]}, *LEAVES), UNEVEN)

    assert scores.present.tolist() == [[False, True, True]]
    assert scores.values[0, 1:].tolist() == [30.0, 42.5]
    missing = [entry for entry in log if entry.warning]
    assert [(entry.done, entry.subjects, entry.params) for entry in missing] == [
        ("branch_missing", ("u1",), {"node": "c"})
    ]


def test_with_nothing_present_no_node_has_a_score_even_at_minimum_zero() -> None:
    scores, _ = aggregate(matrix({"u1": [None] * 4, "u2": [1, 1, 1, 1]}, *LEAVES), UNEVEN)

    assert scores.present.tolist() == [[False] * 3, [True] * 3]


@pytest.mark.parametrize(
    ("minimum", "present", "scored"),
    [
        ("0.28", 7, True),
        ("0.28", 6, False),
        ("0.2801", 7, False),
        ("0.56", 14, True),
        ("1", 25, True),
        ("1", 24, False),
    ],
)
def test_equality_at_the_minimum_stays(minimum: str, present: int, scored: bool) -> None:
    codes = [f"a{i:02}" for i in range(25)]
    tree = build_tree([root(Decimal(minimum)), *(leaf(code) for code in codes)])
    row = [50 if i < present else None for i in range(25)]

    scores, _ = aggregate(matrix({"u1": row}, *codes), tree)

    assert bool(scores.present[0, 0]) is scored
    assert scores.available[0, 0] == present


def test_the_minimum_counts_direct_members_not_leaves_and_not_weights() -> None:
    """Of the root's two members one is present: half, though that one holds 1 of 5 leaves and 1 % weight."""
    rows = [root(Decimal("0.5")), leaf("a", weight=1), branch("b", weight=99)]
    rows += [leaf(f"b{i}", "b") for i in range(4)]

    scores, _ = aggregate(
        matrix({"u1": [70, None, None, None, None]}, "a", "b0", "b1", "b2", "b3"), build_tree(rows)
    )

    assert scores.values[0, scores.column_of["root"]] == 70.0
    assert scores.present[0, scores.column_of["root"]]


def test_members_that_weigh_nothing_cannot_carry_a_score() -> None:
    tree = build_tree([root(), leaf("a", weight=0), leaf("b", weight=1)])

    scores, _ = aggregate(matrix({"u1": [70, None], "u2": [70, 20]}, "a", "b"), tree)

    assert scores.present[:, 0].tolist() == [False, True]
    assert scores.values[1, 0] == 20.0


def test_a_mean_of_equal_members_is_that_value_to_the_last_bit() -> None:
    """Nine times a ninth of 100 comes to 100.00000000000001, which lies outside the scale."""
    ninths = [np.full(1, 100.0)] * 9
    assert sum(1 / 9 * 100.0 for _ in range(9)) > 100.0

    mean = weighted_mean(ninths, [np.ones(1, dtype=np.bool_)] * 9, [1.0] * 9, required=0)

    assert mean.score.tolist() == [100.0]


@pytest.mark.parametrize("weight", [5e-324, 1e-300, 1.0, 1.7e308])
def test_weights_at_the_edge_of_floating_point_stay_shares(weight: float) -> None:
    tree = build_tree([root(), leaf("a", weight=weight), leaf("b", weight=weight), leaf("c", weight=weight)])

    scores, _ = aggregate(matrix({"u1": [30, 60, 90]}, "a", "b", "c"), tree)

    assert scores.values[0, 0] == pytest.approx(60.0, abs=1e-9)


def test_the_placeholder_of_a_missing_score_is_never_read() -> None:
    there = [np.array([True]), np.array([False])]

    mean = weighted_mean([np.array([40.0]), np.array([np.nan])], there, [1.0, 1.0], required=0)

    assert mean.score.tolist() == [40.0]


def test_a_unit_scores_the_same_alone_and_among_others() -> None:
    rng = np.random.default_rng(7)
    values = rng.random((33, 4)) * 100
    present = rng.random((33, 4)) < 0.8
    units = tuple(f"u{i:02}" for i in range(33))
    together, _ = aggregate(Matrix(units, LEAVES, values, present), UNEVEN)

    for i, unit in enumerate(units):
        alone, _ = aggregate(Matrix((unit,), LEAVES, values[i : i + 1], present[i : i + 1]), UNEVEN)
        assert alone.values.tobytes() == together.values[i : i + 1].tobytes()


def test_a_mean_at_the_edge_of_floating_point_stays_finite() -> None:
    """The rounded shares of eleven equal members add up to a little more than 1."""
    largest = np.full(1, np.finfo(np.float64).max)

    mean = weighted_mean([largest] * 11, [np.ones(1, dtype=np.bool_)] * 11, [1.0] * 11, required=0)

    assert mean.score.tolist() == largest.tolist()
