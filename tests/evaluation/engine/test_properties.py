"""What holds for every framework and every matrix."""

from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.evaluation.engine import ConstantRule, Direction, Evaluation, evaluate, input_digest
from tests.evaluation.engine.builders import method
from tests.evaluation.engine.reference import reference_score
from tests.evaluation.engine.strategies import Case, cases

CLOSE = 1e-9


def answer_of(case: Case) -> Evaluation:
    return evaluate(case.matrix, case.tree, method())


def scores_of(case: Case) -> list[float | None]:
    answer = answer_of(case)
    return [answer.score(unit) for unit in sorted(case.units)]


def assert_same_scores(left: list[float | None], right: list[float | None]) -> None:
    for one, other in zip(left, right, strict=True):
        assert one == (None if other is None else pytest.approx(other, abs=CLOSE))


@settings(deadline=None, max_examples=200)
@given(cases(), st.sampled_from([(0, 100), (-3, 5), (1, 2)]), st.sampled_from(ConstantRule))
def test_the_answer_is_that_of_a_second_writing_in_exact_fractions(
    case: Case, scale: tuple[int, int], rule: ConstantRule
) -> None:
    answer = evaluate(case.matrix, case.tree, method(*scale, constant=rule))
    exact = {cell: None if value is None else Fraction(value) for cell, value in case.cells.items()}

    for unit in case.units:
        expected = reference_score(
            exact, list(case.units), case.tree, unit, scale, mid_scale=rule is ConstantRule.MID_SCALE
        )
        score = answer.score(unit)
        assert (score is None) == (expected is None)
        if score is not None and expected is not None:
            assert abs(Fraction(score) - expected) < CLOSE


@settings(deadline=None)
@given(cases())
def test_contributions_add_up_to_the_score(case: Case) -> None:
    answer = answer_of(case)

    for unit in case.units:
        explanation = answer.explain(unit)
        parts = [part.contribution for part in explanation.leaves if part.contribution is not None]
        weights = [part.effective_weight for part in explanation.leaves if part.effective_weight is not None]
        if explanation.score is None:
            assert parts == []
        else:
            assert sum(parts) == pytest.approx(explanation.score, abs=CLOSE)
            assert sum(weights) == pytest.approx(1.0, abs=CLOSE)


@settings(deadline=None)
@given(cases())
def test_each_leaf_takes_part_or_is_dropped_with_a_reason(case: Case) -> None:
    answer = answer_of(case)

    for unit in case.units:
        explanation = answer.explain(unit)
        dropped = [item.code for item in explanation.dropped]
        assert len(set(dropped)) == len(dropped)
        for part in explanation.leaves:
            assert (part.contribution is None) == (part.code in dropped)


@settings(deadline=None)
@given(cases(), st.randoms(use_true_random=False))
def test_order_changes_no_bit(case: Case, random: Random) -> None:
    units, rows = list(case.units), list(case.rows)
    random.shuffle(units)
    random.shuffle(rows)
    shuffled = replace(case, units=tuple(units), rows=tuple(rows))
    one, other = answer_of(case), answer_of(shuffled)

    for unit in case.units:
        assert one.score(unit) == other.score(unit)
        assert one.rank(unit) == other.rank(unit)
        assert one.explain(unit) == other.explain(unit)
    assert input_digest(case.matrix, case.tree, method()) == input_digest(
        shuffled.matrix, shuffled.tree, method()
    )


@settings(deadline=None)
@given(cases(), st.integers(1, 1000), st.integers(-1000, 1000))
def test_another_unit_of_measurement_changes_no_score(case: Case, factor: int, offset: int) -> None:
    measured = {
        cell: None if value is None else factor * value + offset for cell, value in case.cells.items()
    }

    assert_same_scores(scores_of(case.with_cells(measured)), scores_of(case))


@settings(deadline=None)
@given(cases())
def test_a_turned_sign_with_a_turned_direction_changes_nothing(case: Case) -> None:
    turned_rows = tuple(
        replace(row, direction=next(d.value for d in Direction if d.value != row.direction))
        if row.is_leaf
        else row
        for row in case.rows
    )
    turned = {cell: None if value is None else -value for cell, value in case.cells.items()}

    assert scores_of(replace(case.with_cells(turned), rows=turned_rows)) == scores_of(case)


@settings(deadline=None)
@given(cases(), st.floats(1e-6, 1e6))
def test_weights_times_a_constant_change_nothing(case: Case, factor: float) -> None:
    heavier = tuple(replace(row, weight=float(row.weight) * factor) for row in case.rows)

    assert_same_scores(scores_of(replace(case, rows=heavier)), scores_of(case))


@settings(deadline=None)
@given(cases(), st.data())
def test_a_better_value_within_held_bounds_never_lowers_a_score(case: Case, data: st.DataObject) -> None:
    """Two further units with every indicator's least and greatest value hold the bounds."""
    held = {(unit, code): bound for code in case.leaves for unit, bound in (("least", -60), ("greatest", 60))}
    before = replace(case.with_cells(dict(held)), units=(*case.units, "least", "greatest"))
    unit = data.draw(st.sampled_from(case.units))
    code = data.draw(st.sampled_from(case.leaves))
    value = before.cells[unit, code]
    if value is None:
        value = data.draw(st.integers(-50, 50))
        before = before.with_cells({(unit, code): value})
    step = data.draw(st.integers(0, 10))
    leaf = before.tree.nodes[code]
    better = value + step if getattr(leaf, "direction", None) is Direction.HIGHER_IS_BETTER else value - step
    after = before.with_cells({(unit, code): better})

    one, other = answer_of(before), answer_of(after)

    lower, upper = one.score(unit), other.score(unit)
    assert (lower is None) == (upper is None)
    if lower is not None and upper is not None:
        assert upper >= lower
    for bystander in set(before.units) - {unit}:
        assert other.score(bystander) == one.score(bystander)


@settings(deadline=None)
@given(cases())
def test_scores_lie_on_the_scale_and_ranks_agree_with_them(case: Case) -> None:
    answer = answer_of(case)
    scored = [(unit, score) for unit in case.units if (score := answer.score(unit)) is not None]

    for unit, score in scored:
        assert 0.0 <= score <= 100.0
        better = sum(other > score and other - score > 1e-12 * other for _, other in scored)
        assert answer.rank(unit) == better + 1
    assert [unit for unit in case.units if answer.rank(unit) is not None] == [unit for unit, _ in scored]
