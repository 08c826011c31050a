"""Validators and optimistic locking (RFC 9110 §8.8, §13; RFC 6585 §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated, Any, Protocol
from uuid import UUID

import msgspec
from fastapi import Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy import func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import feed, outbox
from chassis.database import AS_SYSTEM
from chassis.problems import InvalidParameter, Issue, PreconditionFailed, PreconditionRequired
from chassis.words import Words


class _Versioned(msgspec.Struct):
    version: int


class VersionedRow(Protocol):
    """What is locked optimistically."""

    @property
    def id(self) -> Any: ...
    @property
    def version(self) -> Any: ...


def etag(version: int, body: bytes) -> str:
    return f'"{version}.{hashlib.sha256(body).hexdigest()[:16]}"'


def version_of(body: bytes) -> int:
    """The version of a serialised `VersionedOut`."""
    return msgspec.json.decode(body, type=_Versioned).version


def not_modified(request: Request, response: Response) -> bool:
    """If-None-Match names this representation (weak comparison)."""
    return is_named(response.headers["etag"], request.headers.get("if-none-match", ""))


def is_named(tag: str, if_none_match: str) -> bool:
    """The ETag is among those of an If-None-Match header (weak comparison)."""
    given = [item.strip().removeprefix("W/") for item in if_none_match.split(",")]
    return tag in given or given == ["*"]


def expected_version(request: Request) -> int:
    """The version that If-Match names; 428 when absent, 400 when it is no ETag of ours."""
    value = request.headers.get("if-match")
    if value is None:
        raise PreconditionRequired()
    version = value.strip().strip('"').split(".")[0]
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        words = Words("If-Match 应为对象的 ETag", "If-Match must be the ETag of the object")
        raise InvalidParameter(words, issues=[Issue("invalid_etag", words, header="If-Match")])
    return int(version)


IfMatch = Annotated[int, Depends(expected_version)]


async def check_version(session: AsyncSession, row: VersionedRow, expected: int, current: BaseModel) -> None:
    """Raise 412 with `current`, `current_etag` and `changed_fields` if the locked row has moved on.

    `current` is the pydantic model of the row as it would be answered.
    """
    if row.version == expected:
        return
    body = current.model_dump_json(by_alias=True).encode()
    raise PreconditionFailed(
        Words(
            f"当前版本为 {row.version}, 您基于版本 {expected}",
            f"It is at version {row.version}, you hold {expected}",
        ),
        members={
            "current": msgspec.Raw(body),
            "current_etag": etag(row.version, body),
            "changed_fields": await changed_since(session, row.id, expected),
        },
    )


async def changed_since(session: AsyncSession, subject_id: UUID, version: int) -> Sequence[str]:
    """Names of the members that events after `version` say were changed, sorted."""
    parts = [
        select(func.jsonb_array_elements_text(table.c.data["changed"]).label("name")).where(
            table.c.subject_id == subject_id, table.c.version > version
        )
        for table in (feed, outbox)
    ]
    names = union_all(*parts).subquery()
    rows = await session.execute(select(names.c.name).distinct(), execution_options=AS_SYSTEM)
    return sorted(rows.scalars())
