"""What `q` means: the conditions and the ranking of a query.

Every word of `q` (words are separated by white space) must be found: as it stands in a code, name or other
text; or, if it is of Latin letters, as pinyin of a name from the beginning of a syllable (the last syllable
may be incomplete); or as the initials of successive characters. A row whose code or name is `q` comes first,
then what begins with it (also in pinyin or initials), then the rest; within each in the order of the list.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, or_
from sqlalchemy.dialects.postgresql import TSQUERY

from chassis.search.folding import fold, fold_sounds
from chassis.search.pinyin import known_syllables
from chassis.search.terms import END, HEAD, SYLLABLE, text_terms

MAX_CHARACTERS, MAX_WORDS = 100, 10
_LETTERS = re.compile(r"[a-z]+")
_HEAD_LETTERS = 10  # of a longer word in pinyin, the index is asked for so many letters


class Sought:
    """A query, read. Raises ValueError when nothing is left of it or it is too long."""

    def __init__(self, text: str) -> None:
        self.words = fold(text).split(" ")
        self.sounds = fold_sounds(text).split(" ")
        if not self.words[0] or len(text) > MAX_CHARACTERS or len(self.words) > MAX_WORDS:
            raise ValueError(text)
        if len(self.sounds) != len(self.words):
            self.sounds = self.words

    def condition(self, model: Any) -> ColumnElement[bool]:
        """Rows of a `Searchable` model that are meant; the index answers it."""
        words = list(zip(self.words, self.sounds, strict=True))
        asked = " & ".join(f"({_terms_of(word, sound)})" for word, sound in words)
        indexed = model.search_terms.op("@@", is_comparison=True)(cast(literal(asked, String), TSQUERY))
        compared = [_compared(model, word, sound) for word, sound in words if len(word) > 2]
        return and_(indexed, *compared)

    def rank(self, model: Any) -> ColumnElement[int]:
        """0: a code or name is the query; 1: it begins so, also in pinyin or initials; 2: all else."""
        whole = " ".join(self.words)
        exact: list[Any] = [_holds(model.search_text, HEAD + whole + END)]
        begins: list[Any] = [_holds(model.search_text, HEAD + whole)]
        joined = "".join(self.sounds)
        if _LETTERS.fullmatch(joined):
            exact.append(model.search_sounds.regexp_match(HEAD + _spelt(joined) + SYLLABLE + END))
            begins.append(model.search_sounds.regexp_match(HEAD + _spelt(joined)))
            begins.append(_holds(model.search_sounds, HEAD + joined.upper()))
        return case((or_(*exact), 0), (or_(*begins), 1), else_=2)


def _holds(column: Any, part: str) -> ColumnElement[bool]:
    return func.strpos(column, literal(part, String)) > 0


def _compared(model: Any, word: str, sound: str) -> ColumnElement[bool]:
    """The word in full, for what the pairs of characters leave open."""
    ways: list[Any] = [_holds(model.search_text, word)]
    if _LETTERS.fullmatch(sound):
        ways.append(model.search_sounds.regexp_match(_spelt(sound)))
        ways.append(_holds(model.search_sounds, sound.upper()))
    return or_(*ways)


def _spelt(sound: str) -> str:
    """A pattern for letters that begin at a syllable and may run over several."""
    return SYLLABLE + f"{SYLLABLE}?".join(sound)


def _terms_of(word: str, sound: str) -> str:
    """The query of the index for one word."""
    pairs = [word[i : i + 2] for i in range(len(word) - 1)] or sorted(text_terms([word]))
    ways = [" & ".join(_quoted(pair) for pair in pairs)]
    if _LETTERS.fullmatch(sound):
        ways += [_syllable_terms(said) for said in split_syllables(sound[:_HEAD_LETTERS])]
        initials = [_quoted(f"^{one}{two}") for one, two in pairwise(sound)]
        ways += [" & ".join(initials)] if initials and len(sound) > 1 else []
    return " | ".join(f"({way})" for way in dict.fromkeys(ways))


def _syllable_terms(said: Sequence[str]) -> str:
    if len(said) == 1:
        return f"{_quoted('~' + said[0])}:*"
    pairs = [_quoted(f"~{one}~{two}") for one, two in pairwise(said)]
    return " & ".join(pairs) + ":*"


def _quoted(term: str) -> str:
    return "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"


def split_syllables(letters: str) -> list[list[str]]:
    """Every way to read `letters` as syllables, of which the last may be incomplete."""
    known = known_syllables() | {said.replace("v", "u") for said in known_syllables()}
    begun = {said[:length] for said in known for length in range(1, len(said) + 1)}

    def ways(rest: str) -> Iterator[list[str]]:
        if rest in begun:
            yield [rest]
        for length in range(min(6, len(rest) - 1), 0, -1):
            if rest[:length] in known:
                yield from ([rest[:length], *more] for more in ways(rest[length:]))

    return list(ways(letters))
