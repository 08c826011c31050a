"""How Chinese text is read: toneless pinyin, one syllable a character.

The dictionaries are pypinyin's, with our corrections for place names. Its own conversion takes 190 µs a
title, most of it in splitting words; the longest known phrase at each character takes 10.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

from chassis.search.place_readings import CHARACTERS, place_readings

_LONGEST = 8  # characters of a phrase that is looked up


class _Dictionary(NamedTuple):
    characters: Mapping[str, str]
    phrases: Mapping[str, tuple[str, ...]]
    starts: frozenset[str]  # first two characters of a phrase
    syllables: frozenset[str]


def _toneless(reading: str) -> str:
    """`lǚ` is `lv`; empty for an interjection without a vowel (`ḿ`)."""
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    bare = "".join(char for char in letters if "a" <= char <= "z")
    return bare if set(bare) & set("aeiouv") else ""


def _as_place(phrase: str, said: tuple[str, ...]) -> tuple[str, ...]:
    """A place that the dictionary has among its phrases, often put together from single characters."""
    if phrase[-1] not in "县市区州盟旗":
        return said
    return tuple(CHARACTERS.get(char, syllable) for char, syllable in zip(phrase, said, strict=True))


@cache
def _dictionary() -> _Dictionary:
    characters = {chr(point): _toneless(said.split(",")[0]) for point, said in pinyin_dict.items()}
    characters = {char: said for char, said in characters.items() if said} | dict(CHARACTERS)
    phrases = {
        phrase: tuple(_toneless(readings[0]) for readings in said)
        for phrase, said in phrases_dict.items()
        if 2 <= len(phrase) <= _LONGEST and len(said) == len(phrase)
    }
    phrases = {phrase: _as_place(phrase, said) for phrase, said in phrases.items() if all(said)}
    phrases |= place_readings()
    syllables = set(characters.values()).union(*phrases.values())
    return _Dictionary(characters, phrases, frozenset(phrase[:2] for phrase in phrases), frozenset(syllables))


def known_syllables() -> frozenset[str]:
    """Every syllable that `readings` can answer."""
    return _dictionary().syllables


def readings(text: str) -> list[str | None]:
    """A syllable for each character of `text`, None for what is not Chinese."""
    known = _dictionary()
    said: list[str | None] = []
    place = 0
    while place < len(text):
        if text[place : place + 2] in known.starts:
            for length in range(min(_LONGEST, len(text) - place), 1, -1):
                phrase = known.phrases.get(text[place : place + length])
                if phrase is not None:
                    said.extend(phrase)
                    place += length
                    break
            else:
                said.append(known.characters.get(text[place]))
                place += 1
        else:
            said.append(known.characters.get(text[place]))
            place += 1
    return said


def runs(text: str) -> list[list[str]]:
    """The syllables of each unbroken stretch of Chinese characters."""
    found: list[list[str]] = [[]]
    for syllable in readings(text):
        if syllable is not None:
            found[-1].append(syllable)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]


_KEY_CHARACTERS = 100


def name_key(text: str) -> str:
    """The key that puts names in the order of their pinyin, then of their characters.

    Syllable by syllable, so that 西安 (xi an) stands before 贤 (xian). Compared byte by byte. Of a longer
    name the first 100 characters count. `text` is folded.
    """
    start = text[:_KEY_CHARACTERS]
    said = (syllable or char for syllable, char in zip(readings(start), start, strict=True))
    return " ".join(said) + "\x1f" + start
