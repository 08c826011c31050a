"""A matrix is finite numbers over unique codes; what is missing is a mask."""

from decimal import Decimal

import numpy as np
import pytest

from services.evaluation.engine import Matrix, MatrixError
from tests.evaluation.engine.builders import matrix


def test_none_and_an_absent_key_are_both_missing() -> None:
    built = Matrix.from_cells(["u1", "u2"], ["a"], {("u1", "a"): None})

    assert built.value("u1", "a") is None
    assert built.value("u2", "a") is None
    assert built.present.tolist() == [[False], [False]]


def test_zero_is_a_value() -> None:
    built = matrix({"u1": [0]}, "a")

    assert built.value("u1", "a") == 0.0
    assert built.present[0, 0]


def test_a_decimal_becomes_the_nearest_float() -> None:
    assert matrix({"u1": ["0.1"]}, "a").value("u1", "a") == 0.1


def test_what_lies_under_the_mask_is_not_kept() -> None:
    values = np.array([[np.nan, 3.0]])

    built = Matrix(("u1",), ("a", "b"), values, np.array([[False, True]]))

    assert built.values.tolist() == [[0.0, 3.0]]


def test_negative_zero_has_the_bytes_of_zero() -> None:
    assert matrix({"u1": ["-0"]}, "a").values.tobytes() == matrix({"u1": [0]}, "a").values.tobytes()


def test_the_arrays_cannot_be_written_and_are_copies() -> None:
    values = np.array([[1.0]])
    built = Matrix(("u1",), ("a",), values, np.array([[True]]))

    values[0, 0] = 7.0

    assert built.value("u1", "a") == 1.0
    with pytest.raises(ValueError, match="read-only"):
        built.values[0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        built.present[0, 0] = False


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1e400"])
def test_a_value_that_no_float_can_hold_is_refused_by_name(text: str) -> None:
    with pytest.raises(MatrixError) as refused:
        Matrix.from_cells(["u1"], ["a"], {("u1", "a"): Decimal(text)})

    assert refused.value.code == "value_not_finite"
    assert refused.value.params == {"unit": "u1", "indicator": "a"}


@pytest.mark.parametrize(
    ("units", "indicators", "code"),
    [
        ([], ["a"], "no_units"),
        (["u1"], [], "no_indicators"),
        (["u1", "u1"], ["a"], "duplicate_unit"),
        (["u1"], ["a", "a"], "duplicate_indicator"),
        ([""], ["a"], "empty_code"),
    ],
)
def test_codes_are_unique_and_there_are_some(units: list[str], indicators: list[str], code: str) -> None:
    with pytest.raises(MatrixError) as refused:
        Matrix.from_cells(units, indicators, {})

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "code"), [(("u9", "a"), "unknown_unit"), (("u1", "z"), "unknown_indicator")]
)
def test_a_cell_outside_the_named_codes_is_refused(cell: tuple[str, str], code: str) -> None:
    with pytest.raises(MatrixError) as refused:
        Matrix.from_cells(["u1"], ["a"], {cell: Decimal(1)})
    assert refused.value.code == code

    with pytest.raises(MatrixError) as unread:
        matrix({"u1": [1]}, "a").value(*cell)
    assert unread.value.code == code


def test_arrays_have_the_shape_of_the_codes() -> None:
    with pytest.raises(MatrixError) as refused:
        Matrix(("u1",), ("a", "b"), np.zeros((2, 1)), np.ones((1, 2), dtype=np.bool_))

    assert refused.value.code == "wrong_shape"
    assert str(refused.value).startswith("wrong_shape: expected=(1, 2)")


def test_a_selection_keeps_units_and_takes_the_order_asked_for() -> None:
    picked = matrix({"u1": [1, None, 3], "u2": [4, 5, 6]}, "a", "b", "c").select(["c", "b"])

    assert picked.indicators == ("c", "b")
    assert picked.values.tolist() == [[3.0, 0.0], [6.0, 5.0]]
    assert picked.present.tolist() == [[True, False], [True, True]]
    with pytest.raises(MatrixError):
        picked.select(["a"])
