"""Rows become one well-formed tree, or an error with a name."""

import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import cast

import pytest

from services.evaluation.engine import Branch, Direction, Leaf, TreeError, TreeRow, build_tree
from tests.evaluation.engine.builders import branch, leaf, root

UNEVEN = [
    root(),
    leaf("income", weight=0.4),
    branch("nature", weight=0.6, minimum=Decimal("0.5")),
    leaf("water", "nature", direction="lower_is_better"),
    branch("air", "nature", weight=2),
    leaf("dust", "air"),
]


def refusal(rows: list[TreeRow]) -> TreeError:
    with pytest.raises(TreeError) as refused:
        build_tree(rows)
    return refused.value


def test_branches_come_bottom_up_and_leaves_by_code() -> None:
    tree = build_tree(UNEVEN)

    assert [node.code for node in tree.branches] == ["air", "nature", "root"]
    assert [node.code for node in tree.leaves] == ["dust", "income", "water"]
    assert tree.root.members == ("income", "nature")
    assert tree.nodes["water"] == Leaf("water", "nature", 1.0, Direction.LOWER_IS_BETTER)
    nature = tree.nodes["nature"]
    assert isinstance(nature, Branch)
    assert (nature.parent, nature.weight, nature.min_available) == ("root", 0.6, Fraction(1, 2))


def test_the_order_of_rows_does_not_matter() -> None:
    assert build_tree(list(reversed(UNEVEN))) == build_tree(UNEVEN)


def test_depth_costs_no_recursion() -> None:
    rows = [root()]
    rows += [branch(f"b{i}", "root" if i == 0 else f"b{i - 1}") for i in range(3000)]

    tree = build_tree([*rows, leaf("a", "b2999")])

    assert len(tree.branches) == 3001
    assert tree.branches[0].code == "b2999"


def test_no_row_without_a_parent_is_no_root() -> None:
    assert refusal([]).code == "no_root"
    assert refusal([branch("a", "b"), branch("b", "a")]).code == "no_root"


def test_more_than_one_root() -> None:
    refused = refusal([root(), leaf("a"), branch("other", None), leaf("b", "other")])

    assert refused.code == "several_roots"
    assert refused.params == {"codes": ["other", "root"]}


def test_a_root_that_is_a_leaf() -> None:
    row = TreeRow("a", None, is_leaf=True, weight=1, direction="higher_is_better")

    assert refusal([row]).code == "root_is_leaf"


def test_an_unknown_parent_is_named_with_its_child() -> None:
    refused = refusal([root(), leaf("a"), leaf("b", "gone")])

    assert refused.code == "unknown_parent"
    assert refused.params == {"code": "b", "parent": "gone"}


def test_a_cycle_is_named_without_what_hangs_below_it() -> None:
    rows = [root(), leaf("a"), branch("x", "y"), branch("y", "z"), branch("z", "x"), leaf("below", "x")]

    refused = refusal(rows)

    assert refused.code == "cycle"
    assert sorted(cast("list[str]", refused.params["codes"])) == ["x", "y", "z"]


def test_a_node_that_is_its_own_parent() -> None:
    refused = refusal([root(), leaf("a"), branch("x", "x")])

    assert refused.code == "cycle"
    assert refused.params == {"codes": ["x"]}


def test_duplicate_and_empty_codes() -> None:
    assert refusal([root(), leaf("a"), leaf("a")]).code == "duplicate_code"
    assert refusal([root(), leaf("")]).code == "empty_code"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([root(), leaf("a"), branch("empty")], "branch_without_members"),
        ([root(), leaf("a"), leaf("b", "a")], "leaf_with_members"),
        ([root(), replace(leaf("a"), direction=None)], "leaf_without_direction"),
        ([root(), leaf("a", direction="up")], "unknown_direction"),
        ([replace(root(), aggregation=None), leaf("a")], "branch_without_aggregation"),
        ([replace(root(), aggregation="median"), leaf("a")], "unknown_aggregation"),
        ([replace(root(), min_available=None), leaf("a")], "branch_without_minimum"),
        ([replace(root(), direction="higher_is_better"), leaf("a")], "setting_not_applicable"),
        ([root(), replace(leaf("a"), min_available=1)], "setting_not_applicable"),
        ([root(), replace(leaf("a"), aggregation="weighted_arithmetic")], "setting_not_applicable"),
        ([root(), leaf("a", weight=-0.1)], "weight_negative"),
        ([root(), leaf("a", weight=float("nan"))], "weight_not_finite"),
        ([root(), replace(leaf("a"), weight=Decimal("sNaN"))], "weight_not_finite"),
        ([root(), replace(leaf("a"), weight=Decimal("1e400"))], "weight_not_finite"),
        ([root(), leaf("a", weight=0), leaf("b", weight=0)], "weights_all_zero"),
        ([root(), leaf("a", weight=1e-60), leaf("b", weight=1e60)], "weights_incomparable"),
        ([root(Decimal("1.01")), leaf("a")], "minimum_out_of_range"),
        ([root(Decimal("-0.01")), leaf("a")], "minimum_out_of_range"),
        ([root(Decimal("NaN")), leaf("a")], "minimum_out_of_range"),
        ([root(Decimal("Infinity")), leaf("a")], "minimum_out_of_range"),
    ],
)
def test_a_setting_that_is_absent_or_senseless_is_refused_by_name(rows: list[TreeRow], code: str) -> None:
    assert refusal(rows).code == code


def test_a_minimum_in_binary_floating_point_is_refused() -> None:
    inexact = cast("Decimal", 0.1)

    assert refusal([root(inexact), leaf("a")]).code == "minimum_not_exact"


def test_a_zero_weight_beside_a_positive_one_is_allowed() -> None:
    assert build_tree([root(), leaf("a", weight=0), leaf("b")]).nodes["a"].weight == 0.0


@pytest.mark.parametrize(
    ("minimum", "members", "required"),
    [
        (Decimal(0), 3, 0),
        (Decimal(1), 3, 3),
        (Decimal("0.5"), 4, 2),
        (Decimal("0.5"), 3, 2),
        (Decimal("0.1"), 10, 1),
        (Decimal("0.7"), 10, 7),
        (Decimal("0.28"), 25, 7),
        (Decimal("0.67"), 3, 3),
        (Fraction(2, 3), 3, 2),
    ],
)
def test_the_required_count_is_exact(minimum: Decimal | Fraction, members: int, required: int) -> None:
    """`0.28 * 25` is 7.000000000000001 in floating point, which would ask for 8."""
    tree = build_tree([root(minimum), *(leaf(f"a{i}") for i in range(members))])

    assert tree.root.required == required


def test_an_error_survives_the_way_between_processes() -> None:
    refused = refusal([root(), leaf("a"), leaf("b", "gone")])

    copied = pickle.loads(pickle.dumps(refused))

    assert (type(copied), copied.code, copied.params) == (TreeError, refused.code, refused.params)
