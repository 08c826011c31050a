"""What a vocabulary is. The terms that a service declares are edition 1; later editions are rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from chassis.words import Words


@dataclass(frozen=True)
class Term:
    """A value and its label; a retired one still names what was stored, and is refused for what is new."""

    code: str
    label: Words
    retired: bool = False


@dataclass(frozen=True)
class Vocabulary:
    """A list of terms named `<collection>.<member>`, as the members of its resources take them.

    `terms` are edition 1 and never change where `extensible`: what was decided under them must stay readable.
    A closed vocabulary changes with the code alone, which then raises `edition`.
    """

    name: str
    title: Words
    terms: tuple[Term, ...]
    extensible: bool = False
    edition: int = 1

    def codes(self) -> tuple[str, ...]:
        return tuple(term.code for term in self.terms)


def closed(name: str, title: Words, values: Any, *labels: Words, edition: int = 1) -> Vocabulary:
    """The vocabulary of a `Literal` type, a label for each of its values in their order."""
    pairs = zip(get_args(values), labels, strict=True)
    return Vocabulary(name, title, tuple(Term(code, label) for code, label in pairs), edition=edition)


def overlaid(base: Sequence[Term], later: Sequence[Term]) -> tuple[Term, ...]:
    """`base` with the terms of later editions, oldest first: the last word on a code counts, in its place."""
    found: dict[str, Term] = {term.code: term for term in base}
    found.update({term.code: term for term in later})
    return tuple(found.values())


def by_name(vocabularies: Sequence[Vocabulary]) -> Mapping[str, Vocabulary]:
    """The declared vocabularies; raises ValueError if two have one name."""
    found = {vocabulary.name: vocabulary for vocabulary in vocabularies}
    if len(found) != len(vocabularies):
        raise ValueError("two vocabularies have one name")
    return found
