"""Values in a query string, by kind; what does not fit raises ValueError."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.decimals import PATTERN, parse_decimal
from chassis.ids import Reference
from chassis.text import clean, fold_code, is_clean

_INTEGER = re.compile(r"-?[0-9]{1,10}")
_CHINA = ZoneInfo("Asia/Shanghai")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

# The JSON Schema that OpenAPI shows for each kind.
KINDS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string"},
    "code": {"type": "string"},
    "enum": {"type": "string"},
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "decimal": {"type": "string", "pattern": PATTERN},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "reference": {"type": "string"},
    "bbox": {"type": "string", "examples": ["110,24,114,30"]},
    "days": {"type": "string", "examples": ["2013-01-01/2015-12-31", "2015-06-30", "../2010-12-31"]},
}


def parse_value(kind: str, text: str, allowed: tuple[str, ...] = ()) -> Any:
    """The Python value of `text`; ValueError if it is not of the kind or not among `allowed`."""
    if not is_clean(text) or len(text) > 1000:
        raise ValueError(text)
    value = _PARSERS[kind](text)
    if allowed and value not in allowed:
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text) or not -(2**31) <= int(text) < 2**31:
        raise ValueError(text)
    return int(text)


def _instant(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError(text)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:  # the first day of year 1 east of Greenwich
        raise ValueError(text) from error


def _date(text: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(text)
    return date.fromisoformat(text)


def _bbox(text: str) -> tuple[float, float, float, float]:
    """OGC API Features: west, south, east, north in degrees; of six numbers two are heights, ignored."""
    numbers = [float(parse_decimal(part.strip())) for part in text.split(",")]
    west, south, east, north = numbers if len(numbers) != 6 else (*numbers[:2], *numbers[3:5])
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise ValueError(text)
    return west, south, east, north


def _day_of(text: str) -> date:
    """A day, or the day in China of an instant."""
    if _DATE.fullmatch(text):
        return _date(text)
    try:
        return _instant(text).astimezone(_CHINA).date()
    except OverflowError as error:  # the last evening of year 9999
        raise ValueError(text) from error


def _days(text: str) -> tuple[date | None, date | None]:
    """OGC API Features `datetime`: a day or instant, or an interval with `..` or nothing as open end."""
    first, slash, last = text.partition("/")
    if not slash:
        return _day_of(first), _day_of(first)
    days = [None if part in {"", ".."} else _day_of(part) for part in (first, last)]
    if days == [None, None] or (days[0] and days[1] and days[0] > days[1]):
        raise ValueError(text)
    return days[0], days[1]


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "text": clean,
    "code": fold_code,
    "enum": str,
    "boolean": _boolean,
    "integer": _integer,
    "decimal": parse_decimal,
    "date": _date,
    "instant": _instant,
    "uuid": UUID,
    "reference": Reference.parse,
    "bbox": _bbox,
    "days": _days,
}
