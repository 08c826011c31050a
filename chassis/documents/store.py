"""The one interface to where contents lie: a folder, a bucket, or memory.

`incoming/<uuid>` holds what is being received, `content/<2 digits>/<sha256>` what was kept, once per content.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from chassis.documents.media_types import HEAD_BYTES, ZIP, packed_type, sniff
from chassis.documents.places import open_place
from chassis.ids import new_id
from chassis.json_body import too_large
from chassis.problems import Issue, ServiceUnavailable, ValidationFailed
from chassis.settings import OwnSettings
from chassis.words import Words

if TYPE_CHECKING:
    from obstore import GetResult

INCOMING, CONTENT = "incoming", "content"
_PART_BYTES, _PARTS_AT_ONCE = 5 * 1024 * 1024, 2  # at most so much of an upload is in memory
_CHUNK_BYTES = 262_144
_EMPTY = Words("文件为空", "The file is empty")
log = structlog.get_logger("documents")


@dataclass(frozen=True)
class Received:
    """What has arrived and is not yet kept: where it lies, and what it is."""

    key: str
    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Listed:
    """An object in the store; `name` is the last part of its key."""

    key: str
    name: str
    modified: datetime


class DocumentStore:
    """Contents of one service. All methods raise ServiceUnavailable (503) when the store does not answer."""

    def __init__(self, service: str, own: OwnSettings) -> None:
        self._service, self._own = service, own

    @cached_property
    def _place(self) -> tuple[ObjectStore, Path | None]:
        # opened when it is first used: a service without documents needs no folder
        return open_place(self._service, self._own)

    @property
    def store(self) -> ObjectStore:
        return self._place[0]

    async def receive(self, chunks: AsyncIterator[bytes], name: str, limit: int) -> Received:
        """Take in a content of at most `limit` bytes, never whole in memory.

        Raises UnsupportedMediaType (415) for a type that is not allowed, before anything is stored,
        PayloadTooLarge (413), ValidationFailed (422) for nothing at all, and what `chunks` raises. Then, as
        after a cancellation, nothing stays.
        """
        head, ended = await _head(chunks, limit)
        if not head:
            raise ValidationFailed(_EMPTY, issues=[Issue("empty", _EMPTY, pointer="#")])
        media_type = sniff(head[:HEAD_BYTES], name)
        stream = _Measured(head, chunks, limit, ended)
        key = f"{INCOMING}/{new_id()}"
        with _answering():
            try:
                await obstore.put_async(
                    self.store, key, stream.parts(), chunk_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
                )
            except BaseException:
                if stream.failure is not None:
                    raise stream.failure from None
                raise
        received = Received(key, media_type, stream.size, stream.hash.hexdigest())
        if media_type != ZIP:
            return received
        try:
            return Received(key, await self._inside(key, stream.size), received.size, received.sha256)
        except BaseException:
            await self.discard(received)
            raise

    async def _inside(self, key: str, size: int) -> str:
        def read() -> str:
            reader: Any = obstore.open_reader(self.store, key, size=size, buffer_size=_CHUNK_BYTES)
            return packed_type(io.BufferedReader(_Archive(reader, size)))

        with _answering():
            return await anyio.to_thread.run_sync(read)

    async def keep(self, received: Received) -> None:
        """Let the content stand under its digest; one that is there already is not stored again.

        The caller holds `hold_content` of the digest, so that no sweep takes it away in between.
        """
        key = content_key(received.sha256)
        with _answering():
            try:
                found = await obstore.head_async(self.store, key)
            except FileNotFoundError:
                found = None
            if found is not None and found["size"] == received.size:
                return
            await obstore.rename_async(self.store, received.key, key)
            folder = self._place[1]
            if folder is not None:
                await anyio.to_thread.run_sync(_settle, folder / key)

    async def discard(self, received: Received) -> None:
        """Remove what was received, if it was not kept; a failure is left to the sweep."""
        try:
            await self.remove(received.key)
        except ServiceUnavailable as error:
            log.warning("an upload is left to the sweep", key=received.key, error=repr(error))

    async def remove(self, key: str) -> None:
        """Remove an object; one that is not there is removed already."""
        with _answering():
            try:
                await obstore.delete_async(self.store, key)
            except FileNotFoundError:
                return

    async def read(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to before `end`, once the store has begun to answer."""
        with _answering():
            try:
                found = await obstore.get_async(
                    self.store, content_key(sha256), options={"range": (start, end)}
                )
            except FileNotFoundError as error:
                log.error("a content is missing in the store", sha256=sha256)
                raise _unavailable() from error
        return _bytes_of(found)

    async def listed(self, folder: str) -> AsyncIterator[list[Listed]]:
        """Objects of INCOMING or CONTENT, at most a thousand at once."""
        pages = obstore.list(self.store, folder, chunk_size=1000)
        while True:
            with _answering():
                page = await anext(pages, None)
            if page is None:
                return
            yield [
                Listed(item["path"], item["path"].rpartition("/")[2], item["last_modified"]) for item in page
            ]

    async def remove_unfinished(self, before: datetime) -> int:
        """Remove what a process that was killed had begun to write into the folder, and does no more.

        A store does not list such files; a bucket ends its own by a rule of its lifecycle.
        """
        folder = self._place[1]
        return 0 if folder is None else await anyio.to_thread.run_sync(_unfinished, folder, before)


class _Measured:
    """Counts and digests what passes, and remembers why it ended early."""

    def __init__(self, head: bytes, rest: AsyncIterator[bytes], limit: int, ended: bool) -> None:
        self._head, self._rest, self._limit, self._ended = head, rest, limit, ended
        self.size, self.hash = 0, hashlib.sha256()
        self.failure: BaseException | None = None

    async def parts(self) -> AsyncIterator[bytes]:
        try:
            yield self._counted(self._head)
            if not self._ended:
                async for chunk in self._rest:
                    if chunk:
                        yield self._counted(chunk)
        except (GeneratorExit, asyncio.CancelledError):
            raise
        except BaseException as error:
            self.failure = error
            raise

    def _counted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._limit:
            raise too_large(self._limit)
        self.hash.update(chunk)
        return chunk


async def _head(chunks: AsyncIterator[bytes], limit: int) -> tuple[bytes, bool]:
    """As much as is needed to tell the type, and whether that was all."""
    first: list[bytes] = []
    size = 0
    async for chunk in chunks:
        first.append(chunk)
        size += len(chunk)
        if size > limit:
            raise too_large(limit)
        if size >= HEAD_BYTES:
            return b"".join(first), False
    return b"".join(first), True


async def _bytes_of(found: GetResult) -> AsyncIterator[bytes]:
    async for chunk in found.stream(min_chunk_size=_CHUNK_BYTES):
        yield bytes(chunk)


class _Archive(io.RawIOBase):
    """An object in the store as a file that can be read here and there."""

    def __init__(self, reader: Any, size: int) -> None:
        self._reader, self._size = reader, size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._reader.tell())
        found = bytes(self._reader.read(wanted)) if wanted > 0 else b""
        buffer[: len(found)] = found
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._reader.tell(), os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        return int(self._reader.seek(start + offset))

    def tell(self) -> int:
        return int(self._reader.tell())


def content_key(sha256: str) -> str:
    return f"{CONTENT}/{sha256[:2]}/{sha256}"


def _settle(file: Path) -> None:
    """Put the file and its name on the disk: what is answered with 201 outlives a power failure."""
    for path in (file, file.parent):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unfinished(folder: Path, before: datetime) -> int:
    found = [file for file in (folder / INCOMING).glob("*#*") if file.stat().st_mtime < before.timestamp()]
    for file in found:
        file.unlink(missing_ok=True)
    return len(found)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        log.error("the document store fails", error=repr(error))
        raise _unavailable() from error


def _unavailable() -> ServiceUnavailable:
    return ServiceUnavailable(
        Words("文件存储无法访问", "The document store cannot be reached"), retry_after=5
    )
