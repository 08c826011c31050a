"""`GET /api/v1/errors`: every problem that a service may answer, in both languages."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict

from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.problems import Problem
from chassis.routing import ResourceRouter
from chassis.schemas import Out
from chassis.words import Words

router = ResourceRouter("errors")


ERROR_EXAMPLE: dict[str, Any] = {
    "code": "not_found",
    "status": 404,
    "retryable": False,
    "title": {"zh-Hans": "没有找到", "en": "Not found"},
    "remedy": {"zh-Hans": "检查地址与标识", "en": "Check path and id"},
}


class ErrorOut(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [ERROR_EXAMPLE]})

    code: str
    status: int
    retryable: bool
    title: dict[str, str]
    remedy: dict[str, str]


class ErrorCatalogue(Out):
    items: list[ErrorOut]


def both(words: Words) -> dict[str, str]:
    return {"zh-Hans": words.zh, "en": words.en}


def catalogue() -> list[ErrorOut]:
    """Every problem that this process defines, by code."""
    return [
        ErrorOut(
            code=kind.code,
            status=kind.status,
            retryable=kind.retryable,
            title=both(kind.title),
            remedy=both(kind.remedy),
        )
        for kind in Problem.catalogue().values()
    ]


@router.get("/errors", operation_id="list_errors", summary="The error catalogue")
async def list_errors(_reader: Annotated[Principal, require("reference.read")]) -> ErrorCatalogue:
    """Each code with its meaning and remedy."""
    return ErrorCatalogue(items=catalogue())
