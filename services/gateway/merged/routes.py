"""`/api/v1/errors` and `/api/v1/vocabularies` of the whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Request
from pydantic import ConfigDict

from chassis.catalogue import ERROR_EXAMPLE, ErrorOut, catalogue
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Out, Unavailable
from chassis.vocabularies.reading import read_all
from chassis.vocabularies.representation import VOCABULARY_EXAMPLE, VocabularyOut, shown
from services.gateway.merged.parts import ask_all
from services.gateway.vocabularies import VOCABULARIES

router = ResourceRouter("merged")
CanRead = Annotated[Principal, require("reference.read")]
_WHOLE: dict[str, Any] = {"partial": False, "unavailable": []}


class Whole(Out):
    """`partial` and `unavailable` name the services that did not answer."""

    partial: bool
    unavailable: list[Unavailable]


class AllErrors(Whole):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [ERROR_EXAMPLE], **_WHOLE}]})

    items: list[ErrorOut]


class AllVocabularies(Whole):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [VOCABULARY_EXAMPLE], **_WHOLE}]})

    items: list[VocabularyOut]


@router.get("/errors", operation_id="list_errors", summary="The error catalogue")
async def list_errors(request: Request, reader: CanRead) -> AllErrors:
    """Every code that any service may answer, with its meaning and remedy."""
    own = [item.model_dump(mode="json", by_alias=True) for item in catalogue()]
    joined = await ask_all(request, reader, "errors", own, "code")
    return AllErrors.model_validate({**_said(joined.unavailable), "items": joined.items})


@router.get("/vocabularies", operation_id="list_vocabularies", summary="List vocabularies")
async def list_vocabularies(
    request: Request, reader: CanRead, session: Transaction, language: Language
) -> AllVocabularies:
    """Every enumeration of every service with its terms in both languages, each in its newest edition."""
    editions = await read_all(session, VOCABULARIES)
    own = [shown(edition, language).model_dump(mode="json", by_alias=True) for edition in editions]
    joined = await ask_all(request, reader, "vocabularies", own, "name")
    return AllVocabularies.model_validate({**_said(joined.unavailable), "items": joined.items})


def _said(unavailable: list[Unavailable]) -> dict[str, Any]:
    return {"partial": bool(unavailable), "unavailable": unavailable}
