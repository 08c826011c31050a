"""What crosses the wire about sources."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from chassis.schemas import EXAMPLE_STAMPS, In, Out, ResourceOut
from chassis.text import Code, Name, Text
from chassis.words import Words

_WORDS = Words("应为 2012、2012-09 或 2012-09-11", "Must be like 2012, 2012-09 or 2012-09-11")


def _calendar(text: str) -> str:
    try:
        date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError as error:
        raise PydanticCustomError("date", _WORDS.en, {"words": _WORDS}) from error
    return text


PartialDate = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$"),
    AfterValidator(_calendar),
]


class SourceRow(In):
    """A row of an import."""

    code: Code
    title: Name
    publisher: Name | None = None
    date: PartialDate | None = None
    address: Text | None = None
    licence: Text | None = None


EXAMPLE: dict[str, Any] = {
    **EXAMPLE_STAMPS,
    "code": "S-CITY",
    "title": "中国城市统计年鉴",
    "publisher": "国家统计局",
    "date": "2013",
    "address": None,
    "licence": "facts only",
}


class SourceOut(ResourceOut):
    """A source; `date` is as exact as is known."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    code: str
    title: str
    publisher: str | None
    date: str | None = Field(validation_alias="published")
    address: str | None
    licence: str | None


class CitedSource(Out):
    """A source as it stood when a run cited it."""

    code: str
    title: str
    publisher: str | None
    date: str | None
    address: str | None
