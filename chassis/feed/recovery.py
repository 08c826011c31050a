"""A consumer that begins anew: the whole snapshot is staged, then applied together with its position."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import structlog
from sqlalchemy import Select, delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica, snapshot_staging
from chassis.database import AS_SYSTEM, Database
from chassis.feed.consumer import Apply, Position, begin, follow_once, move, position_of
from chassis.ids import new_id
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable, Gone
from chassis.words import Words

log = structlog.get_logger("consumer")
_CHUNK = 500
_NONE = frozenset({"-"})  # no kind is named so: a snapshot of it says where the feed goes on
_ABANDONED = timedelta(hours=1)


async def follow_or_recover(
    database: Database, peer: Peer, source: str, apply: Apply, wait: float = 0
) -> int:
    """As `follow_once`; where that is refused by 410, load the snapshot."""
    try:
        return await follow_once(database, peer, source, apply, wait)
    except Gone:
        log.warning("the feed has no history that follows on ours; loading its snapshot", source=source)
        return await load_snapshot(database, peer, source, apply)


async def load_snapshot(database: Database, peer: Peer, source: str, apply: Apply) -> int:
    """Make the copies of `source` what its snapshot says; the number of events applied.

    What is here and not in the snapshot is deleted here. All of it, and the position from which the feed goes
    on, becomes visible in one commit; until then the old copies answer. 0 when a rival was faster. Raises
    DependencyUnavailable (503) when the snapshot does not come whole.
    """
    before, load_id = await begin(database, source), new_id()
    kinds = apply.kinds if apply.copies else _NONE
    try:
        reached = await _stage(database, peer, source, kinds, load_id)
        async with database.transaction() as session:
            if await position_of(session, source, lock=True) != before:
                return 0
            applied = 0
            async for events in _staged(session, load_id):
                await apply(session, events, anew=True)
                applied += len(events)
            async for events in _absent(session, load_id, kinds):
                await apply(session, events, anew=True)
                applied += len(events)
            await move(session, source, reached)
    finally:
        async with database.transaction() as session:
            abandoned = snapshot_staging.c.staged_at < func.clock_timestamp() - _ABANDONED
            await session.execute(
                delete(snapshot_staging).where((snapshot_staging.c.load_id == load_id) | abandoned)
            )
    log.info("the snapshot is loaded", source=source, events=applied, position=reached.position)
    return applied


async def _stage(
    database: Database, peer: Peer, source: str, kinds: frozenset[str], load_id: UUID
) -> Position:
    """Store the events of the snapshot, a part at a time; the position that its header names."""
    asked = {"source": source} | ({"types": ",".join(sorted(kinds))} if kinds else {})
    checksum, reached, last, count = hashlib.sha256(), None, b"", 0
    waiting: list[dict[str, Any]] = []
    async with aclosing(peer.stream_lines("/api/v1/changes/snapshot", asked)) as lines:
        async for line in lines:
            if last:  # each line but the last: that is the trailer
                checksum.update(last)
                content = _decoded(last, source)
                if reached is None:
                    reached = _position(content, source)
                else:
                    waiting.append(content)
                    count += 1
            if len(waiting) >= _CHUNK:
                await _store(database, load_id, waiting)
                waiting = []
            last = line
    await _store(database, load_id, waiting)
    trailer = {"count": count, "checksum": f"sha-256={checksum.hexdigest()}"}
    if reached is None or _decoded(last, source) != trailer:
        raise _not_whole(source)
    return reached


def _decoded(line: bytes, source: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(line, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise _not_whole(source) from error


def _position(header: dict[str, Any], source: str) -> Position:
    try:
        anchor = header["anchor"]
        return Position(header["epoch"], int(header["position"]), UUID(anchor) if anchor else None)
    except (KeyError, ValueError, TypeError) as error:
        raise _not_whole(source) from error


def _not_whole(source: str) -> DependencyUnavailable:
    return DependencyUnavailable(
        Words(f"服务 {source} 的快照不完整", f"The snapshot of {source} did not come whole"),
        dependency=source,
    )


async def _store(database: Database, load_id: UUID, events: Sequence[dict[str, Any]]) -> None:
    if not events:
        return
    rows = []
    for event in events:
        kind, subject_id = event["subject"].split("/")
        rows.append({"load_id": load_id, "kind": kind, "subject_id": UUID(subject_id), "event": event})
    async with database.transaction() as session:
        await session.execute(insert(snapshot_staging), rows)


async def _staged(session: AsyncSession, load_id: UUID) -> AsyncIterator[list[dict[str, Any]]]:
    mine = select(snapshot_staging).where(snapshot_staging.c.load_id == load_id)
    key = (snapshot_staging.c.kind, snapshot_staging.c.subject_id)
    async for rows in _by_key(session, mine, key):
        yield [row.event for row in rows]


async def _absent(
    session: AsyncSession, load_id: UUID, kinds: frozenset[str]
) -> AsyncIterator[list[dict[str, Any]]]:
    """For each live copy of which the snapshot knows nothing the event of its deletion."""
    known = exists().where(
        snapshot_staging.c.load_id == load_id,
        snapshot_staging.c.kind == replica.c.kind,
        snapshot_staging.c.subject_id == replica.c.id,
    )
    copies = select(replica).where(replica.c.kind.in_(sorted(kinds)), ~replica.c.deleted, ~known)
    async for rows in _by_key(session, copies, (replica.c.kind, replica.c.id)):
        yield [
            {
                "type": f"sdz.{row.kind}.deleted.v1",
                "subject": f"{row.kind}/{row.id}",
                "actor": "service:recovery",
                "sequence": None,
                "data": {
                    "id": str(row.id),
                    "version": row.version,
                    "deleted": True,
                    "changed": ["deleted_at"],
                    "resource": row.resource,
                },
            }
            for row in rows
        ]


async def _by_key(
    session: AsyncSession, statement: Select[Any], key: tuple[Any, Any]
) -> AsyncIterator[Sequence[Any]]:
    """The rows in the order of `key`, some at a time, whatever is done to those that were given."""
    last: tuple[Any, Any] | None = None
    while True:
        page = statement if last is None else statement.where(_beyond(key, last))
        ordered = page.order_by(*key).limit(_CHUNK)
        rows = (await session.execute(ordered, execution_options=AS_SYSTEM)).all()
        if rows:
            yield rows
            last = (getattr(rows[-1], key[0].name), getattr(rows[-1], key[1].name))
        if len(rows) < _CHUNK:
            return


def _beyond(key: tuple[Any, Any], last: tuple[Any, Any]) -> Any:
    kind, identity = key
    return (kind > last[0]) | ((kind == last[0]) & (identity > last[1]))
