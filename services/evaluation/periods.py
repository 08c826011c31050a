"""Periods that values are about: `2024`, `2024-H1`, `2024-Q3`, `2024-08`."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.words import Words

PATTERN = r"^[12]\d{3}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
_MATCH = re.compile(r"([12][0-9]{3})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")
_WORDS = Words("应为 2024、2024-H1、2024-Q3 或 2024-08", "Must be like 2024, 2024-H1, 2024-Q3 or 2024-08")


def bounds(period: str) -> tuple[date, date]:
    """First day, and the first day after: half-open. Raises ValueError for what is no period."""
    matched = _MATCH.fullmatch(period)
    if matched is None:
        raise ValueError(_WORDS.en)
    year, half, quarter, month = (int(part) if part else 0 for part in matched.groups())
    if half:
        first, months = 6 * half - 5, 6
    elif quarter:
        first, months = 3 * quarter - 2, 3
    elif month:
        first, months = month, 1
    else:
        first, months = 1, 12
    after = first - 1 + months
    return date(year, first, 1), date(year + after // 12, after % 12 + 1, 1)


def _check(period: str) -> str:
    try:
        bounds(period)
    except ValueError as error:
        raise PydanticCustomError("period", _WORDS.en, {"words": _WORDS}) from error
    return period


Period = Annotated[
    str,
    AfterValidator(_check),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["2024", "2024-Q3"]}),
]
