"""`/api/v1/vocabularies` of one service."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from chassis.etag import IfMatch
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.problems import NotFound
from chassis.routing import ResourceRouter, Transaction
from chassis.text import Code
from chassis.vocabularies.reading import read_all, read_edition
from chassis.vocabularies.representation import TermIn, Vocabularies, VocabularyOut, shown
from chassis.vocabularies.terms import Term, Vocabulary, by_name
from chassis.vocabularies.writing import write_term
from chassis.words import Words

CanRead = Annotated[Principal, require("reference.read")]
CanWrite = Annotated[Principal, require("vocabulary.write")]


def list_router(vocabularies: Sequence[Vocabulary]) -> ResourceRouter:
    """The route of the list of a service's own vocabularies."""
    router = ResourceRouter("vocabularies")

    @router.get("/vocabularies", operation_id="list_vocabularies", summary="List vocabularies")
    async def list_vocabularies(_reader: CanRead, session: Transaction, language: Language) -> Vocabularies:
        """Every enumeration with its terms in both languages, each in its newest edition."""
        editions = await read_all(session, vocabularies)
        return Vocabularies(items=[shown(edition, language) for edition in editions])

    return router


def vocabulary_router(vocabularies: Sequence[Vocabulary]) -> ResourceRouter:
    """The routes of each of a service's vocabularies."""
    router = ResourceRouter("vocabularies")
    declared = by_name(vocabularies)

    def named(name: str) -> Vocabulary:
        if name not in declared:
            raise NotFound()
        return declared[name]

    @router.get("/vocabularies/{name}", operation_id="get_vocabulary", summary="Read a vocabulary")
    async def get_vocabulary(
        name: str,
        _reader: CanRead,
        session: Transaction,
        language: Language,
        version: Annotated[int | None, Query(ge=1, description="An earlier edition")] = None,
    ) -> VocabularyOut:
        """One vocabulary. Retired terms are listed too: they name what was stored before."""
        return shown(await read_edition(session, named(name), version), language)

    @router.put(
        "/vocabularies/{name}/terms/{code}",
        operation_id="put_vocabulary_term",
        summary="Add or rename a term",
    )
    async def put_term(
        name: str,
        code: Code,
        body: TermIn,
        actor: CanWrite,
        version: IfMatch,
        session: Transaction,
        language: Language,
    ) -> VocabularyOut:
        """Makes the next edition; If-Match is the vocabulary's ETag. A retired term comes back."""
        term = Term(code, Words(body.labels.zh, body.labels.en))
        return shown(await write_term(session, named(name), term, version, actor.subject), language)

    @router.delete(
        "/vocabularies/{name}/terms/{code}", operation_id="retire_vocabulary_term", summary="Retire a term"
    )
    async def retire_term(
        name: str,
        code: Code,
        actor: CanWrite,
        version: IfMatch,
        session: Transaction,
        language: Language,
    ) -> VocabularyOut:
        """Nothing new may take it; what has it keeps it, with its label."""
        vocabulary = named(name)
        edition = await read_edition(session, vocabulary)
        found = next((term for term in edition.terms if term.code == code), None)
        if found is None:
            raise NotFound()
        term = Term(code, found.label, retired=True)
        return shown(await write_term(session, vocabulary, term, version, actor.subject), language)

    return router
