"""Rules of observations, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest
from pydantic import ValidationError

from services.evaluation.observations.rules import range_fault, source_faults, value_fault
from services.evaluation.observations.schemas import STATUSES, ObservationRow
from services.evaluation.zones import stands_in
from tests.evaluation.builders import row


@dataclass
class Bounds:
    unit: str = "%"
    valid_min: Decimal | None = Decimal(0)
    valid_max: Decimal | None = Decimal(100)


@pytest.mark.parametrize("status", STATUSES)
def test_a_value_is_there_exactly_when_it_is_reported_or_estimated(status: str) -> None:
    with_value, without = value_fault(status, Decimal(0)), value_fault(status, None)
    if status in {"reported", "estimated"}:
        assert with_value is None
        assert without is not None
        assert without[0] == "value_missing"
    else:
        assert without is None
        assert with_value is not None
        assert with_value[0] == "value_not_allowed"


@pytest.mark.parametrize(
    ("value", "bounds", "inside"),
    [
        ("0", Bounds(), True),
        ("100.000", Bounds(), True),
        ("-0.0001", Bounds(), False),
        ("100.000000000000000001", Bounds(), False),
        ("1e9", Bounds(valid_max=None), True),
        ("-1e9", Bounds(valid_min=None), True),
        ("101", Bounds(valid_min=None), False),
        ("-1", Bounds(valid_max=None), False),
    ],
)
def test_a_value_on_a_bound_is_inside(value: str, bounds: Bounds, inside: bool) -> None:
    assert (range_fault(Decimal(value), bounds) is None) is inside
    assert range_fault(None, bounds) is None


def test_a_value_outside_names_what_was_given_and_the_limits() -> None:
    fault = range_fault(Decimal("482.0"), Bounds())
    assert fault is not None
    assert fault.params == {"given": "482.0", "valid_min": "0", "valid_max": "100", "unit": "%"}
    assert fault.detail.zh == "必须在 0–100 % 之间"


def test_each_unknown_source_is_named() -> None:
    assert [fault.params["given"] for fault in source_faults(["A", "B", "C"], {"B"})] == ["A", "C"]


def test_a_sheet_row_without_value_says_so_in_the_value_column() -> None:
    given = {name: text for name, text in row(value="").items() if text}
    with pytest.raises(ValidationError) as caught:
        ObservationRow.model_validate(given)
    assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [
        ("value_missing", ("value",))
    ]


@pytest.mark.parametrize(
    ("relation", "reference", "expected"),
    [
        ("same", "420102", False),
        ("same", None, False),
        ("same", "420100", True),
        ("part_of", "420102", True),
        ("part_of", None, False),
    ],
)
def test_a_figure_about_another_division_stands_in(
    relation: str, reference: str | None, expected: bool
) -> None:
    zone = {"division": {"code": "420102"}, "division_relation": relation}
    assert stands_in(zone, reference) is expected
