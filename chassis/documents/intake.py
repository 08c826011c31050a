"""Taking in an uploaded file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import ClientDisconnect

from chassis.database import Database
from chassis.documents.digests import HEADERS, check_digest, stated_sha256
from chassis.documents.file_names import sent_name
from chassis.documents.media_types import check_declared, declared_type
from chassis.documents.store import DocumentStore, Received
from chassis.identity.principal import Principal
from chassis.intake import Intake
from chassis.json_body import too_large
from chassis.problems import MalformedRequest, RequestTimeout, UnsupportedMediaType
from chassis.words import Words

_IDLE_SECONDS = 30.0
UPLOAD_SECONDS = 600.0


@dataclass(frozen=True)
class Upload:
    """A file that was taken in, with the name it came by and its type."""

    name: str
    media_type: str
    received: Received


class FileIntake(Intake):
    """`admit` says in a transaction of its own whether the caller may upload here, before the body comes."""

    longest_seconds = UPLOAD_SECONDS

    def __init__(self, admit: Callable[[AsyncSession, Principal, str], Awaitable[Any]]) -> None:
        self._admit = admit

    @asynccontextmanager
    async def taken_in(self, request: Request, principal: Principal) -> AsyncIterator[Upload]:
        runtime = request.app.state.runtime
        database: Database = runtime.database
        store: DocumentStore = runtime.documents
        async with database.transaction() as session:
            await self._admit(session, principal, request.path_params["ref"])
        name, declared, stated = _headers(request, runtime.settings.own.max_document_bytes)
        received = await store.receive(_chunks(request), name, runtime.settings.own.max_document_bytes)
        try:
            for header, sha256 in stated.items():
                check_digest(header, sha256, received.sha256)
            media_type = check_declared(declared, received.media_type)
            request.state.body_digest = f"{received.sha256} {name}".encode()
            yield Upload(name, media_type, received)
        finally:
            await store.discard(received)


def _headers(request: Request, limit: int) -> tuple[str, str, dict[str, str]]:
    """Name, declared type and stated digests; what they give away is refused before the body comes."""
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > limit:
        raise too_large(limit)
    if request.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise UnsupportedMediaType(Words("不接受 Content-Encoding", "Content-Encoding is not taken"))
    declared = declared_type(request.headers.get("content-type"))
    if declared.startswith("multipart/"):
        raise UnsupportedMediaType(
            Words("请把文件内容直接作为请求体", "Send the file's bytes as the body, not a form")
        )
    stated = {
        header: sha256
        for header in HEADERS
        if header in request.headers
        and (sha256 := stated_sha256(header, request.headers[header])) is not None
    }
    return sent_name(request.headers.get("content-disposition")), declared, stated


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    """The body as it arrives; raises RequestTimeout (408) when nothing arrives for half a minute."""
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise RequestTimeout() from error
        except ClientDisconnect as error:  # there is nobody to read this answer
            raise MalformedRequest(Words("传输中断", "The transfer was cut off")) from error
        if chunk is None:
            return
        yield chunk
