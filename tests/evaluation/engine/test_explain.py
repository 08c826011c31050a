"""Every score, and every absence of one, comes with its reasons."""

from decimal import Decimal

import pytest

from services.evaluation.engine import (
    ConstantRule,
    Direction,
    Dropped,
    LeafPart,
    MatrixError,
    Reason,
    build_tree,
    evaluate,
)
from tests.evaluation.engine.builders import branch, flat_tree, leaf, matrix, method, root

NATURE = build_tree(
    [
        root(),
        leaf("income", weight=1),
        branch("nature", weight=3, minimum=Decimal("0.5")),
        leaf("dust", "nature", direction="lower_is_better"),
        leaf("forest", "nature"),
        leaf("water", "nature"),
    ]
)
INDICATORS = ("income", "dust", "forest", "water")


def test_a_part_shows_value_bounds_direction_weight_and_contribution() -> None:
    """dust: (30 - 20) / (30 - 10) = 0.5 of the way to good; weight 3/4 * 1/2, since water is missing."""
    values = matrix({"u1": [5, 20, 8, None], "u2": [1, 10, 4, 1], "u3": [9, 30, 2, 3]}, *INDICATORS)

    explanation = evaluate(values, NATURE, method()).explain("u1")

    parts = {part.code: part for part in explanation.leaves}
    assert parts["dust"] == LeafPart(
        code="dust",
        direction=Direction.LOWER_IS_BETTER,
        value=20.0,
        low=10.0,
        high=30.0,
        normalised=50.0,
        effective_weight=0.375,
        contribution=18.75,
    )
    assert parts["income"].contribution == 12.5
    assert parts["forest"].contribution == 37.5
    assert explanation.score == 68.75


def test_a_missing_leaf_shows_the_bounds_and_no_number_of_its_own() -> None:
    values = matrix({"u1": [5, 20, 8, None], "u2": [1, 10, 4, 1], "u3": [9, 30, 2, 3]}, *INDICATORS)

    explanation = evaluate(values, NATURE, method()).explain("u1")

    assert explanation.leaves[-1] == LeafPart(
        "water", Direction.HIGHER_IS_BETTER, None, 1.0, 3.0, None, None, None
    )
    assert explanation.dropped == (Dropped("water", Reason.NOT_PRESENT),)


def test_a_branch_below_its_minimum_says_how_many_of_how_many() -> None:
    values = matrix({"u1": [5, 20, None, None], "u2": [1, 10, 4, 1], "u3": [9, 30, 2, 3]}, *INDICATORS)

    explanation = evaluate(values, NATURE, method()).explain("u1")

    assert explanation.score == 50.0
    assert explanation.dropped == (
        Dropped("nature", Reason.BELOW_MINIMUM, available=1, members=3, required=2),
        Dropped("dust", Reason.ANCESTOR_MISSING, ancestor="nature"),
        Dropped("forest", Reason.NOT_PRESENT),
        Dropped("water", Reason.NOT_PRESENT),
    )
    dust = next(part for part in explanation.leaves if part.code == "dust")
    assert (dust.normalised, dust.effective_weight, dust.contribution) == (50.0, None, None)


def test_a_unit_without_a_score_has_reasons_and_no_contributions() -> None:
    tree = flat_tree("a", "b", "c", minimum=1)

    answer = evaluate(
        matrix({"u1": [1, None, 3], "u2": [2, 2, 2], "u3": [3, 3, 1]}, "a", "b", "c"), tree, method()
    )

    explanation = answer.explain("u1")
    assert explanation.score is None
    assert answer.rank("u1") is None
    assert [part.contribution for part in explanation.leaves] == [None, None, None]
    assert explanation.dropped == (
        Dropped("root", Reason.BELOW_MINIMUM, available=2, members=3, required=3),
        Dropped("a", Reason.ANCESTOR_MISSING, ancestor="root"),
        Dropped("b", Reason.NOT_PRESENT),
        Dropped("c", Reason.ANCESTOR_MISSING, ancestor="root"),
    )


def test_a_constant_indicator_is_named_as_such_for_those_who_have_a_value() -> None:
    answer = evaluate(
        matrix({"u1": [1, 7], "u2": [2, 7], "u3": [3, None]}, "a", "b"), flat_tree("a", "b"), method()
    )

    assert answer.explain("u1").dropped == (Dropped("b", Reason.CONSTANT_INDICATOR),)
    assert answer.explain("u3").dropped == (Dropped("b", Reason.NOT_PRESENT),)
    constant = answer.explain("u1").leaves[1]
    assert (constant.value, constant.low, constant.high, constant.normalised) == (7.0, 7.0, 7.0, None)


def test_a_constant_indicator_at_mid_scale_contributes() -> None:
    values = matrix({"u1": [1, 7], "u2": [2, 7]}, "a", "b")

    answer = evaluate(values, flat_tree("a", "b"), method(constant=ConstantRule.MID_SCALE))

    assert answer.explain("u2").leaves[1].contribution == 25.0
    assert answer.explain("u2").dropped == ()


def test_a_member_without_weight_takes_part_with_nothing() -> None:
    tree = build_tree([root(), leaf("a", weight=0), leaf("b")])

    answer = evaluate(matrix({"u1": [1, 1], "u2": [2, 2], "u3": [3, None]}, "a", "b"), tree, method())

    assert answer.explain("u2").leaves[0].effective_weight == 0.0
    assert answer.explain("u2").leaves[0].contribution == 0.0
    assert answer.explain("u3").dropped[0] == Dropped(
        "root", Reason.NO_WEIGHT_PRESENT, available=1, members=2, required=0
    )


def test_below_a_missing_branch_each_node_gives_its_own_reason_first() -> None:
    """b lacks d, c lacks c2: c1 and e1 are there, but b, the highest missing branch, takes them with it."""
    rows = [root(), leaf("a"), branch("b", minimum=1), branch("c", "b", minimum=1), leaf("c1", "c")]
    rows += [leaf("c2", "c"), branch("d", "b"), leaf("d1", "d"), branch("e", "b"), leaf("e1", "e")]
    values = matrix(
        {"u1": [1, 1, None, None, 1], "u2": [2, 2, 2, 2, 2], "u3": [3, 3, 3, 3, 3]},
        *("a", "c1", "c2", "d1", "e1"),
    )

    dropped = evaluate(values, build_tree(rows), method()).explain("u1").dropped

    assert {item.code: (item.reason, item.ancestor) for item in dropped} == {
        "b": (Reason.BELOW_MINIMUM, None),
        "c": (Reason.BELOW_MINIMUM, None),
        "d": (Reason.NO_MEMBER_PRESENT, None),
        "e": (Reason.ANCESTOR_MISSING, "b"),
        "c1": (Reason.ANCESTOR_MISSING, "b"),
        "c2": (Reason.NOT_PRESENT, None),
        "d1": (Reason.NOT_PRESENT, None),
        "e1": (Reason.ANCESTOR_MISSING, "b"),
    }


def test_a_unit_outside_the_set_is_refused() -> None:
    answer = evaluate(matrix({"u1": [1]}, "a"), flat_tree("a"), method())

    with pytest.raises(MatrixError) as refused:
        answer.explain("u9")

    assert refused.value.code == "unknown_unit"
