"""Merge patches (RFC 7396): null empties a member, and some members cannot be empty."""

from __future__ import annotations

from typing import Any

from pydantic_core import PydanticCustomError

from chassis.words import Words

_WORDS = Words("不得为空", "Must not be null")


def not_null(value: Any) -> Any:
    """Validator of a member that a patch may leave out but not empty."""
    if value is None:
        raise PydanticCustomError("required", _WORDS.en, {"words": _WORDS})
    return value
