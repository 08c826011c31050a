"""The terms of an edition, and whether a value is one of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.problems import Issue, NotFound, ValidationFailed
from chassis.vocabularies.tables import VocabularyTerm
from chassis.vocabularies.terms import Term, Vocabulary, overlaid
from chassis.words import Words


@dataclass(frozen=True)
class Edition:
    """A vocabulary as it was in its edition `number`."""

    vocabulary: Vocabulary
    number: int
    terms: tuple[Term, ...]

    def current_codes(self) -> frozenset[str]:
        """What may be chosen for something new."""
        return frozenset(term.code for term in self.terms if not term.retired)


async def read_all(session: AsyncSession, vocabularies: Iterable[Vocabulary]) -> list[Edition]:
    """Each in its newest edition; one query."""
    declared = list(vocabularies)
    rows = await _rows(session, [item.name for item in declared if item.extensible])
    return [_edition(item, rows.get(item.name, ())) for item in declared]


async def read_edition(session: AsyncSession, vocabulary: Vocabulary, number: int | None = None) -> Edition:
    """One edition, the newest unless `number` says which; NotFound for one that was never made."""
    rows: Sequence[VocabularyTerm] = ()
    if vocabulary.extensible:
        rows = (await _rows(session, [vocabulary.name])).get(vocabulary.name, ())
    newest = _edition(vocabulary, rows)
    if number is None or number == newest.number:
        return newest
    if not vocabulary.extensible or not vocabulary.edition <= number < newest.number:
        raise NotFound(
            Words(
                f"没有第 {number} 版, 现为第 {newest.number} 版",
                f"There is no edition {number}; it is at {newest.number}",
            )
        )
    return _edition(vocabulary, [row for row in rows if row.edition <= number])


async def check_term(
    session: AsyncSession, vocabulary: Vocabulary, code: str | None, pointer: str, *, held: str | None = None
) -> None:
    """Raise 422 unless `code` may be chosen; what a row holds already (`held`) it may keep."""
    if code is None or code == held:
        return
    edition = await read_edition(session, vocabulary)
    if (issue := term_issue(edition, code, pointer=pointer)) is not None:
        raise ValidationFailed(issue.detail, issues=[issue])


def term_issue(
    edition: Edition, code: str, *, pointer: str | None = None, parameter: str | None = None
) -> Issue | None:
    """What is wrong with choosing `code`: unknown, or retired; None if nothing."""
    current = edition.current_codes()
    if code in current:
        return None
    title = edition.vocabulary.title
    if code in {term.code for term in edition.terms}:
        words = Words(f"{title.zh}: {code} 已停用", f"{title.en}: {code} is retired")
        return Issue(
            "retired_term", words, pointer, parameter, params={"vocabulary": edition.vocabulary.name}
        )
    near = difflib.get_close_matches(code, sorted(current), 1, 0.5)
    words = Words(
        f"{title.zh}中没有 {code}, 见词表 {edition.vocabulary.name}",
        f"{title.en}: no term {code}; see the vocabulary {edition.vocabulary.name}",
    )
    params = {"vocabulary": edition.vocabulary.name, "nearest": near[0] if near else None}
    return Issue("unknown_term", words, pointer, parameter, params=params)


def _edition(vocabulary: Vocabulary, rows: Sequence[VocabularyTerm]) -> Edition:
    later = [Term(row.code, Words(row.label_zh, row.label_en), row.retired) for row in rows]
    number = rows[-1].edition if rows else vocabulary.edition
    return Edition(vocabulary, number, overlaid(vocabulary.terms, later))


async def _rows(session: AsyncSession, names: Sequence[str]) -> Mapping[str, list[VocabularyTerm]]:
    if not names:
        return {}
    statement = (
        select(VocabularyTerm)
        .where(VocabularyTerm.vocabulary.in_(names))
        .order_by(VocabularyTerm.vocabulary, VocabularyTerm.edition)
    )
    found: dict[str, list[VocabularyTerm]] = {}
    for row in await session.scalars(statement):
        found.setdefault(row.vocabulary, []).append(row)
    return found
