"""Shapes that cross the wire in every service."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PrivateAttr
from pydantic.json_schema import SkipJsonSchema

from chassis.text import Code, Name

T = TypeVar("T")


def instant_text(value: datetime) -> str:
    """RFC 3339 in UTC with milliseconds and Z."""
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Instant = Annotated[datetime, PlainSerializer(instant_text, return_type=str)]


class In(BaseModel):
    """Base of everything that a client sends: unknown members are refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Out(BaseModel):
    """Base of everything that is answered."""

    model_config = ConfigDict(from_attributes=True)


class VersionedOut(Out):
    """An answer of this shape gets an ETag, and its version is what If-Match compares."""

    version: int


class ResourceOut(VersionedOut):
    """What every resource carries."""

    id: UUID
    version: int
    created_at: Instant
    created_by: str
    updated_at: Instant
    updated_by: str
    deleted_at: Instant | None = None


STAMPS = ("id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at")
EXAMPLE_STAMPS: dict[str, Any] = {
    "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
    "version": 1,
    "created_at": "2026-11-24T08:00:00.000Z",
    "created_by": "machine:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "updated_at": "2026-11-24T08:00:00.000Z",
    "updated_by": "machine:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "deleted_at": None,
}


def stamps(row: Any) -> dict[str, Any]:
    """The members of `ResourceOut` of a stored row."""
    return {name: getattr(row, name) for name in STAMPS}


class ExternalId(In):
    """A name of the object in another system; unique by (system, value)."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    system: Code
    value: Name


class Names(In):
    """A name in both languages; Chinese is the one that must be there."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)

    zh: Name = Field(alias="zh-Hans")
    en: Name | None = None

    def pick(self, language: str) -> str:
        return self.en if language == "en" and self.en else self.zh


class PageInfo(Out):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"limit": 50, "next_cursor": None, "has_more": False, "total": None, "total_kind": "none"}
            ]
        }
    )

    limit: int
    next_cursor: str | None
    has_more: bool
    total: int | None = None
    total_kind: Literal["none", "estimate", "exact"] = "none"
    _facets: dict[str, FacetOut] | None = PrivateAttr(default=None)

    def carry_facets(self, facets: dict[str, FacetOut]) -> None:
        """The page that these members are given to shows `facets`."""
        self._facets = facets


class FacetValue(Out):
    """A value and how many rows have it; `value` is null for those where it is missing."""

    value: str | None
    label: str | None = None
    labels: Names | None = None
    count: int


class FacetOut(Out):
    """The most frequent values, and the number of rows with any `other`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "values": [
                        {
                            "value": "national",
                            "label": "国家级",
                            "labels": {"zh-Hans": "国家级", "en": "National"},
                            "count": 189,
                        },
                        {"value": None, "label": None, "labels": None, "count": 2},
                    ],
                    "other": 0,
                }
            ]
        }
    )

    values: list[FacetValue]
    other: int = 0


class Page(Out, Generic[T]):
    """One page; `facets` is there if they were asked for."""

    items: list[T]
    page: PageInfo
    # never null in an answer
    facets: dict[str, FacetOut] | SkipJsonSchema[None] = Field(
        default=None, exclude_if=lambda value: value is None
    )

    def model_post_init(self, _context: object) -> None:
        if self.page._facets is not None:
            self.facets = self.page._facets


class Unavailable(Out):
    """A part of an answer that is missing, and why."""

    part: str
    dependency: str
    code: str
    detail: str


class ProblemOut(Out):
    """RFC 9457 problem details, as every answer that is not 2xx carries them."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    trace_id: str
    retryable: bool
    errors: list[dict[str, Any]] = Field(default_factory=list)
