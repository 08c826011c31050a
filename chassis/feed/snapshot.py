"""`GET /api/v1/changes/snapshot`: all that the caller may see, of one moment, as lines of JSON."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Select, false, or_, select
from starlette.types import Message, Receive, Send
from starlette.types import Scope as AsgiScope

from chassis.base_tables import feed, feed_latest
from chassis.database import Database
from chassis.feed.changes import CanReadFeed, Kinds, Source
from chassis.feed.reading import cloud_event, of_kinds, position_text, read_state, sees
from chassis.identity.principal import Scope
from chassis.problems import ServiceUnavailable
from chassis.routing import ResourceRouter
from chassis.runtime import Runtime
from chassis.schemas import instant_text
from chassis.words import Words

router = ResourceRouter("changes")
MEDIA_TYPE = "application/x-ndjson"
_ROWS = 200
_STALLED_SECONDS = 30.0


@router.get(
    "/changes/snapshot",
    operation_id="snapshot_changes",
    summary="Everything that the feed would have told",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {
                MEDIA_TYPE: {
                    "schema": {"type": "string"},
                    "example": '{"epoch":"7572390921834561537-1","position":"000000000000000042",'
                    '"anchor":null,"stamped_at":null}\n{"count":0,"checksum":"sha-256=…"}\n',
                }
            }
        }
    },
)
async def snapshot_changes(
    request: Request, reader: CanReadFeed, source: Source, kinds: Kinds
) -> StreamingResponse:
    """Lines of JSON: a header, the last event of each object that the caller may see, and a trailer.

    The header has `epoch`, `position` and `anchor`, from which `/changes` goes on, and `stamped_at`. Deleted
    objects are among the events while their tombstones are kept. The trailer has the `count` of events and
    the `checksum` (SHA-256, hex) of all bytes before it; a body without a trailer was cut off.
    """
    runtime: Runtime = request.app.state.runtime
    if runtime.snapshots.locked():
        words = Words("正在生成的快照过多", "Too many snapshots are being read")
        raise ServiceUnavailable(words, retry_after=10)
    async with runtime.database.reading() as session:
        await read_state(session, source)  # what fails at once fails as a problem, not in the middle
    parts = _parts(runtime.database, runtime.snapshots, reader.view, source, kinds)
    return _Timely(parts, media_type=MEDIA_TYPE)


class _Timely(StreamingResponse):
    """Cut off when its reader takes nothing for a while: it holds a connection, and one of few places."""

    async def __call__(self, scope: AsgiScope, receive: Receive, send: Send) -> None:
        async def in_time(message: Message) -> None:
            async with asyncio.timeout(_STALLED_SECONDS):
                await send(message)

        try:
            await super().__call__(scope, receive, in_time)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


async def _parts(
    database: Database, at_once: asyncio.Semaphore, scope: Scope, source: str, kinds: list[str]
) -> AsyncIterator[bytes]:
    """The body, some lines at a time, from one transaction that sees one moment."""
    checksum, count = hashlib.sha256(), 0
    async with at_once, database.reading() as session:
        state = await read_state(session, source)
        part = _line(
            {
                "epoch": state.epoch,
                "position": position_text(state.newest),
                "anchor": state.anchor,
                "stamped_at": instant_text(state.stamped_at) if state.stamped_at else None,
                "tombstones_after": position_text(state.tombstones),
            }
        )
        checksum.update(part)
        yield part
        rows = await session.stream(
            _newest_events(scope, kinds, state.tombstones), execution_options={"yield_per": _ROWS}
        )
        async for some in rows.partitions():
            part = b"".join(_line(cloud_event(row, source)) for row in some)
            checksum.update(part)
            count += len(some)
            yield part
    yield _line({"count": count, "checksum": f"sha-256={checksum.hexdigest()}"})


def _newest_events(scope: Scope, kinds: list[str], tombstones: int) -> Select[Any]:
    return (
        select(feed, false().label("leaves"))
        .join(feed_latest, feed_latest.c.position == feed.c.position)
        .where(
            of_kinds(feed.c.kind, kinds),
            sees(scope, feed.c.division_path, feed.c.zone_id),
            or_(~feed_latest.c.deleted, feed.c.position > tombstones),
        )
        .order_by(feed.c.position)
        .execution_options(scope="caller")
    )


def _line(content: Any) -> bytes:
    return msgspec.json.encode(content) + b"\n"
