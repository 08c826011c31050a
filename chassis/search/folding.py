"""Text as it is compared when something is sought."""

from __future__ import annotations

import unicodedata


def fold(text: str) -> str:
    """NFKC, lower case, without accents, white space as single spaces: full-width finds half-width."""
    lowered = unicodedata.normalize("NFKC", text).lower()
    bare = "".join(char for char in unicodedata.normalize("NFD", lowered) if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFC", bare).split())


def fold_sounds(text: str) -> str:
    """As `fold`, but ü (with or without a tone) is `v`, as it is typed: `lǚ` and `lü` are `lv`."""
    lowered = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower())
    return fold(lowered.replace("u\u0308", "v"))
