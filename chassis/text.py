"""Text as it may enter: NFC, trimmed, without control characters."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.words import Words


def is_clean(text: str) -> bool:
    """No control characters (category Cc but for tab and line feed), no lone surrogates, no noncharacters."""
    if text.isascii() and text.isprintable():
        return True  # without looking at each
    return not any(
        (unicodedata.category(char) in {"Cc", "Cs"} and char not in "\t\n") or ord(char) & 0xFFFE == 0xFFFE
        for char in text
    )


def clean(text: str) -> str:
    if not is_clean(text):
        words = Words("不得含控制字符", "Control characters are not allowed")
        raise PydanticCustomError("control_character", words.en, {"words": words})
    return unicodedata.normalize("NFC", text).strip()


def fold_code(text: str) -> str:
    """Codes fold full-width letters and digits (NFKC)."""
    return unicodedata.normalize("NFKC", clean(text)).strip()


def nearest_of(given: str, known: Iterable[str]) -> str | None:
    """The known name that `given` was probably meant to be."""
    near = difflib.get_close_matches(given, sorted(known), 1, 0.5)
    return near[0] if near else None


def _not_empty(text: str) -> str:
    if not text:
        words = Words("不得为空", "Must not be empty")
        raise PydanticCustomError("empty", words.en, {"words": words})
    return text


Text = Annotated[str, StringConstraints(max_length=2000), AfterValidator(clean)]
Name = Annotated[str, StringConstraints(max_length=300), AfterValidator(clean), AfterValidator(_not_empty)]
Code = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(fold_code),
    StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z._-]*$"),
]
