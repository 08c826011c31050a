"""Reported numbers: decimal strings in and out, kept digit by digit."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.words import Words

PATTERN = r"^-?\d{1,20}(\.\d{1,18})?$"
_MATCH = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,18})?")
_WORDS = Words(
    "应为至多 20 位整数、18 位小数的十进制数",
    "Must be a decimal with at most 20 digits before and 18 after the point",
)


def parse_decimal(value: object) -> Decimal:
    """A decimal string, or a JSON number as it was written; ValueError for all else, NaN and 1e400 too.

    JSON numbers reach this as int or Decimal (`chassis.json_body` decodes them so); a binary float would
    have lost digits and is refused.
    """
    if isinstance(value, Decimal) and value.is_finite():
        exponent = value.as_tuple().exponent
        # judged before it is written out: 1e999999 would be a million digits long
        if isinstance(exponent, int) and -18 <= exponent <= 20:
            value = format(value, "f")
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        value = str(value)
    if not isinstance(value, str) or not _MATCH.fullmatch(value):
        raise ValueError(_WORDS.en)
    return Decimal(value)


def _validate(value: object) -> Decimal:
    try:
        return parse_decimal(value)
    except ValueError as error:
        raise PydanticCustomError("decimal_string", _WORDS.en, {"words": _WORDS}) from error


def decimal_text(value: Decimal) -> str:
    """Plain notation with the digits that were given."""
    return format(value, "f")


DecimalString = Annotated[
    Decimal,
    BeforeValidator(_validate),
    PlainSerializer(decimal_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["16.45"]}),
]
