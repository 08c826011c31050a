"""Whether the copies that a service keeps are what their owner says."""

from __future__ import annotations

from sqlalchemy import Subquery, or_, select

from chassis.base_tables import replica
from chassis.database import Database
from chassis.feed.consumer import position_of
from chassis.feed.digests import digests_of
from chassis.peers import Peer


async def differing_buckets(database: Database, peer: Peer, source: str, kind: str) -> list[int]:
    """Buckets in which our copies of `kind` differ from `source` at our position; empty: they are equal.

    A copy that a write has fetched ahead of the feed differs until the feed has come that far. Raises Gone
    (410) when our position is none of the source's, DependencyUnavailable (503) when it does not answer.
    """
    async with database.reading() as session:
        stored = await position_of(session, source)
        theirs = await peer.get_json(
            "/api/v1/changes/digest",
            {"source": source, "type": kind, "at": str(stored.position), "epoch": stored.epoch},
        )
        _, ours = await digests_of(session, _copies(kind, int(theirs["tombstones_after"])))
    pairs = zip(ours, theirs["buckets"], strict=True)
    return [number for number, (mine, other) in enumerate(pairs) if mine != other]


def _copies(kind: str, tombstones: int) -> Subquery:
    # a copy that was deleted here only, since its owner never had it or it left our scope, has no position
    counted = or_(~replica.c.deleted, replica.c.position > tombstones)
    return (
        select(replica.c.id, replica.c.version, replica.c.deleted)
        .where(replica.c.kind == kind, counted)
        .subquery()
    )
