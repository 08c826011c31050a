"""What an observation must be; missing is a status, never a number."""

from __future__ import annotations

from collections.abc import Container, Iterable
from decimal import Decimal

from chassis.decimals import decimal_text
from chassis.problems import Issue
from chassis.words import Words
from services.evaluation.frameworks.rules import IndicatorRange

WITH_VALUE = frozenset({"reported", "estimated"})

_MISSING_VALUE = Words(
    "状态为 reported 或 estimated 时须有数值", "A value is needed when it is reported or estimated"
)
_VALUE_TOO_MUCH = Words("此状态下不得有数值 (也不得写 0)", "No value goes with this status, nor does a zero")


def value_fault(status: str, value: Decimal | None) -> tuple[str, Words] | None:
    """Code and words if a value is missing, or given where the status says that there is none."""
    if (status in WITH_VALUE) == (value is not None):
        return None
    return ("value_missing", _MISSING_VALUE) if value is None else ("value_not_allowed", _VALUE_TOO_MUCH)


def range_fault(value: Decimal | None, indicator: IndicatorRange) -> Issue | None:
    """A value outside the indicator's valid range; a value on a bound is inside."""
    low, high = indicator.valid_min, indicator.valid_max
    if value is None or ((low is None or value >= low) and (high is None or value <= high)):
        return None
    unit = indicator.unit
    if low is not None and high is not None:
        words = Words(f"必须在 {low:f}–{high:f} {unit} 之间", f"Must lie between {low:f} and {high:f} {unit}")
    elif low is not None:
        words = Words(f"不得小于 {low:f} {unit}", f"Must not be less than {low:f} {unit}")
    else:
        words = Words(f"不得大于 {high:f} {unit}", f"Must not be greater than {high:f} {unit}")
    params = {
        "given": decimal_text(value),
        "valid_min": None if low is None else decimal_text(low),
        "valid_max": None if high is None else decimal_text(high),
        "unit": unit,
    }
    return Issue("out_of_range", words, parameter="value", params=params)


def source_faults(codes: Iterable[str], known: Container[str]) -> list[Issue]:
    """Each cited source that is not registered."""
    return [
        Issue(
            "unknown_source",
            Words(f"没有来源 {code[:60]}", f"There is no source {code[:60]}"),
            parameter="source",
            params={"given": code[:100]},
        )
        for code in codes
        if code not in known
    ]
