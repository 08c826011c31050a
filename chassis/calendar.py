"""Business dates (calendar days in Asia/Shanghai), half-open windows, and periods.

Periods that values are about: `2024`, `2024-H1`, `2024-Q3`, `2024-08`. Every interval is half-open: its end
is the first day, or the first instant, that no longer belongs to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.words import Words

PATTERN = r"^[12]\d{3}(-(H[12]|Q[1-4]|0[1-9]|1[0-2]))?$"
_MATCH = re.compile(r"([12][0-9]{3})(?:-(?:H([12])|Q([1-4])|(0[1-9]|1[0-2])))?")
SHANGHAI = ZoneInfo("Asia/Shanghai")
_WORDS = Words("应为 2024、2024-H1、2024-Q3 或 2024-08", "Must be like 2024, 2024-H1, 2024-Q3 or 2024-08")


def business_date(instant: datetime) -> date:
    """The calendar day in Asia/Shanghai on which the instant, which carries its zone, falls."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its time zone")
    return instant.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first instant of a business date, in UTC."""
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The exclusive end of a business date, in UTC: `due_at` of a `due_date`."""
    return start_of(day + timedelta(days=1))


@dataclass(frozen=True)
class Window:
    """From `opens` (inclusive) until `closes` (exclusive); a missing end stays open.

    Holds dates or instants, not a mixture. Raises ValueError when it would hold nothing.
    """

    opens: date | datetime
    closes: date | datetime | None = None

    def __post_init__(self) -> None:
        if self.closes is not None and not self.opens < self.closes:
            raise ValueError(f"a window from {self.opens} until before {self.closes} holds nothing")

    def holds(self, moment: date | datetime) -> bool:
        """Whether a date, or an instant, lies in it."""
        return self.opens <= moment and (self.closes is None or moment < self.closes)


def window_of(due_date: date, opens_at: datetime, grace_days: int = 0) -> Window:
    """Instants from `opens_at` until the end of the day `grace_days` after `due_date`."""
    return Window(opens_at, end_of(due_date + timedelta(days=grace_days)))


@lru_cache(maxsize=2048)  # a sheet names the same few again and again
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
