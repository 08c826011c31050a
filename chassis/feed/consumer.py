"""Follows another service's feed; the position moves in the transaction of the effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import name_action
from chassis.base_tables import consumer
from chassis.database import Database
from chassis.peers import Peer
from chassis.problems import DependencyUnavailable, Gone

log = structlog.get_logger("consumer")

Apply = Callable[[AsyncSession, Sequence[dict[str, Any]]], Awaitable[None]]
_WAIT_SECONDS, _BROKEN_SECONDS = 20, 1.0


async def position_of(session: AsyncSession, source: str, *, lock: bool = False) -> tuple[str, int]:
    """Epoch and position up to which `source` has been applied; ("", 0) before the first event."""
    statement = select(consumer.c.epoch, consumer.c.position).where(consumer.c.source == source)
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return (row.epoch, row.position) if row else ("", 0)


async def follow_once(database: Database, peer: Peer, source: str, apply: Apply, wait: float = 0) -> int:
    """Fetch one stretch and apply it; the number of events applied.

    No connection is held while fetching. If the stored position moved meanwhile (another replica was faster)
    the stretch is dropped: a crash or a rival can neither lose nor repeat an effect.
    """
    async with database.transaction() as session:
        epoch, position = await position_of(session, source)
        if not epoch:
            await _begin(session, source)
    answer = await peer.get_json(
        "/api/v1/changes",
        {"source": source, "after": str(position), "epoch": epoch, "limit": "500", "wait": f"{wait:g}"},
        timeout=wait + 10,
    )
    events, reached = answer["items"], int(answer["next_after"])
    if reached == position and epoch == answer["epoch"]:
        return 0
    async with database.transaction() as session:
        if await position_of(session, source, lock=True) != (epoch, position):
            return 0
        name_action(session, f"follow_{source}")
        await apply(session, events)
        await session.execute(
            update(consumer)
            .where(consumer.c.source == source)
            .values(epoch=answer["epoch"], position=reached, moved_at=func.clock_timestamp())
        )
    return len(events)


async def _begin(session: AsyncSession, source: str) -> None:
    """The row that is locked must be there; two that begin at once make one."""
    await session.execute(
        insert(consumer).values(source=source, epoch="", position=0).on_conflict_do_nothing()
    )


async def run_consumer(database: Database, peer: Peer, source: str, apply: Apply) -> None:
    """Follow `source` for ever."""
    while True:
        try:
            await follow_once(database, peer, source, apply, wait=_WAIT_SECONDS)
        except asyncio.CancelledError:
            raise
        except DependencyUnavailable:
            await asyncio.sleep(_BROKEN_SECONDS)
        except Gone as error:
            log.error(
                "the feed begins anew; the replica must be loaded from a snapshot",
                source=source,
                detail=str(error),
            )
            await asyncio.sleep(10 * _BROKEN_SECONDS)
        except Exception as error:
            log.warning("consumer waits", source=source, error=repr(error))
            await asyncio.sleep(_BROKEN_SECONDS)
