"""Texts in the two languages that the platform speaks."""

from __future__ import annotations

from typing import Final, NamedTuple

LANGUAGES: Final = ("zh-Hans", "en")


class Words(NamedTuple):
    """One message in simplified Chinese and English; `params` are filled with `str.format`."""

    zh: str
    en: str

    def filled(self, **params: object) -> Words:
        return Words(self.zh.format(**params), self.en.format(**params))

    def pick(self, language: str) -> str:
        return self.en if language == "en" else self.zh


def preferred_language(accept_language: str | None) -> str:
    """The better of `zh-Hans` (default) and `en` for an Accept-Language header (RFC 9110 §12.5.4)."""
    best, best_quality = "zh-Hans", -1.0
    for part in (accept_language or "").split(","):
        tag, _, parameters = part.strip().partition(";")
        primary = tag.strip().lower().split("-")[0]
        if primary not in {"zh", "en"}:
            continue
        name, _, number = parameters.strip().partition("=")
        try:
            quality = float(number) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        if quality > best_quality:
            best, best_quality = ("en" if primary == "en" else "zh-Hans"), quality
    return best
