"""Follows another service's feed; the position moves in the transaction of the effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import name_action
from chassis.base_tables import consumer
from chassis.database import Database
from chassis.peers import Peer


class Apply(Protocol):
    """What a service does with the events of a feed that it follows."""

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of objects that it is told of; empty: all."""

    @property
    def copies(self) -> bool:
        """It keeps copies of them, which a snapshot can renew."""

    async def __call__(
        self, session: AsyncSession, events: Sequence[dict[str, Any]], *, anew: bool = False
    ) -> None:
        """Apply a stretch in the consumer's transaction.

        `anew`: the events are of a snapshot, of another history perhaps, and hold whatever is here already.
        """


@dataclass(frozen=True)
class Reacting:
    """`Apply` that does something about events and keeps no copies: a snapshot tells it of none."""

    react: Callable[[AsyncSession, Sequence[dict[str, Any]]], Awaitable[None]]
    kinds: frozenset[str] = frozenset()
    copies: bool = False

    async def __call__(
        self, session: AsyncSession, events: Sequence[dict[str, Any]], *, anew: bool = False
    ) -> None:
        if not anew:
            await self.react(session, events)


class Position(NamedTuple):
    """How far a source has been applied; ("", 0, None) before the first event."""

    epoch: str = ""
    position: int = 0
    anchor: UUID | None = None


async def position_of(session: AsyncSession, source: str, *, lock: bool = False) -> Position:
    """The stored position, whose row is locked if asked."""
    statement = select(consumer.c.epoch, consumer.c.position, consumer.c.anchor).where(
        consumer.c.source == source
    )
    row = (await session.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return Position(*row) if row else Position()


async def begin(database: Database, source: str) -> Position:
    """The stored position; its row, which is to be locked later, is there from now on."""
    async with database.transaction() as session:
        stored = await position_of(session, source)
        if not stored.epoch:  # two that begin at once make one
            await session.execute(
                insert(consumer).values(source=source, epoch="", position=0).on_conflict_do_nothing()
            )
    return stored


async def move(session: AsyncSession, source: str, to: Position) -> None:
    await session.execute(
        update(consumer)
        .where(consumer.c.source == source)
        .values(**to._asdict(), moved_at=func.clock_timestamp())
    )


async def follow_once(database: Database, peer: Peer, source: str, apply: Apply, wait: float = 0) -> int:
    """Fetch one stretch and apply it; the number of events applied.

    No connection is held while fetching. If the stored position moved meanwhile (another replica was faster)
    the stretch is dropped: a crash or a rival can neither lose nor repeat an effect. Raises Gone when the
    source has no history that follows on the position (`recovery.load_snapshot` is for that).
    """
    stored = await begin(database, source)
    asked = {"source": source, "after": str(stored.position), "epoch": stored.epoch, "limit": "500"}
    if stored.anchor is not None:
        asked["anchor"] = str(stored.anchor)
    if apply.kinds:
        asked["types"] = ",".join(sorted(apply.kinds))
    answer = await peer.get_json("/api/v1/changes", {**asked, "wait": f"{wait:g}"}, timeout=wait + 10)
    events, anchor = answer["items"], answer.get("anchor")
    reached = Position(answer["epoch"], int(answer["next_after"]), UUID(anchor) if anchor else None)
    if reached == stored:
        return 0
    async with database.transaction() as session:
        if await position_of(session, source, lock=True) != stored:
            return 0
        name_action(session, f"follow_{source}")
        await apply(session, events)
        await move(session, source, reached)
    return len(events)
