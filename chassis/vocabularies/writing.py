"""Adding, renaming and retiring terms: each makes the next edition."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from chassis.ids import new_id
from chassis.problems import Conflict, Issue, PreconditionFailed
from chassis.vocabularies.reading import Edition, read_edition
from chassis.vocabularies.representation import shown
from chassis.vocabularies.tables import VocabularyRow, VocabularyTerm
from chassis.vocabularies.terms import Term, Vocabulary
from chassis.words import Words

CLOSED = Words(
    "该词表是封闭的, 只随软件版本变化", "This vocabulary is closed; it changes with the software only"
)
MOST_TERMS = 1000


async def write_term(
    session: AsyncSession, vocabulary: Vocabulary, term: Term, expected: int, actor: str
) -> Edition:
    """The edition that says `term` of its code; the present one if it says so already.

    409 for a closed vocabulary or one that is full, 412 unless `expected` is the newest edition.
    """
    if not vocabulary.extensible:
        raise Conflict(CLOSED, issues=[Issue("vocabulary_closed", CLOSED)])
    row = await _locked(session, vocabulary, actor)
    edition = await read_edition(session, vocabulary)
    if edition.number != expected:
        raise PreconditionFailed(
            Words(
                f"当前为第 {edition.number} 版, 您基于第 {expected} 版",
                f"It is at edition {edition.number}, you hold {expected}",
            ),
            members={"current": shown(edition).model_dump(mode="json", by_alias=True)},
        )
    if term in edition.terms:
        return edition
    if len(edition.terms) >= MOST_TERMS and term.code not in {known.code for known in edition.terms}:
        words = Words(f"词表已满 ({MOST_TERMS})", f"The vocabulary is full ({MOST_TERMS})")
        raise Conflict(words, issues=[Issue("vocabulary_full", words)])
    row.version += 1
    row.updated_at, row.updated_by = datetime.now(UTC), actor
    session.add(
        VocabularyTerm(
            vocabulary=vocabulary.name,
            edition=row.version,
            code=term.code,
            label_zh=term.label.zh,
            label_en=term.label.en,
            retired=term.retired,
            recorded_by=actor,
        )
    )
    await session.flush()
    changed = await read_edition(session, vocabulary)
    resource = shown(changed).model_dump(mode="json", by_alias=True)
    await emit(session, actor, [Change("vocabulary", "updated", row.id, row.version, resource, ["terms"])])
    return changed


async def _locked(session: AsyncSession, vocabulary: Vocabulary, actor: str) -> VocabularyRow:
    """The row that orders those who change a vocabulary; made at its first change."""
    await session.execute(
        insert(VocabularyRow)
        .values(
            id=new_id(), name=vocabulary.name, version=vocabulary.edition, created_by=actor, updated_by=actor
        )
        .on_conflict_do_nothing(index_elements=["name"])
    )
    locked = select(VocabularyRow).where(VocabularyRow.name == vocabulary.name).with_for_update()
    return (await session.scalars(locked, execution_options={"populate_existing": True})).one()
