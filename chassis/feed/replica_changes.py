"""Copies are renewed by a feed, and what that alters in this service's answers is told in its own feed.

An object that shows a part of a copy is answered differently when the copy changes, although nobody wrote it.
Its version stays, so that a writer's If-Match holds; its ETag changes, and its event lets those who follow us
keep up.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.database import AS_SYSTEM
from chassis.feed.replica import Replicating

# A row of the replica with `id, code, version, deleted, division_path, resource`.
Copy = Any
Shows = Callable[[Copy], Mapping[str, Any]]
Tell = Callable[[AsyncSession, Copy, list[str], str], Awaitable[None]]


class TellingReplica:
    """`Apply` of a service whose answers show parts of the copies of one kind.

    `shows` gives what is shown of a copy, by the member that shows it; `tell(session, copy, members, actor)`
    emits an event for each object of which those members are answered differently now. Copies are locked
    before the objects that show them; a writer of such objects must keep that order.
    """

    copies = True

    def __init__(self, kind: str, shows: Shows, tell: Tell) -> None:
        self.kinds = frozenset({kind})
        self._shows, self._tell = shows, tell
        self._replicate = Replicating(self.kinds)

    async def __call__(
        self, session: AsyncSession, events: Sequence[dict[str, Any]], *, anew: bool = False
    ) -> None:
        newest = {
            UUID(event["data"]["id"]): event
            for event in events
            if event["subject"].split("/")[0] in self.kinds
        }
        before = await _locked(session, newest)
        await self._replicate(session, events, anew=anew)
        after = await _locked(session, newest)
        for copy_id, event in newest.items():
            changed = self._altered(before.get(copy_id), after.get(copy_id), event, anew)
            if changed:
                await self._tell(session, after[copy_id], changed, event["actor"])

    def _altered(
        self, before: Copy | None, after: Copy | None, event: dict[str, Any], anew: bool
    ) -> list[str]:
        """Members that are answered differently.

        A copy that a write fetched ahead of the feed no longer tells what was different: then the event
        decides. In a snapshot no copy is ahead: it is all that there is.
        """
        if before is None or after is None:
            return []
        old, new = self._shows(before), self._shows(after)
        ahead = before.position is None and before.version >= event["data"]["version"]
        if ahead and not anew:
            return [] if event["type"].split(".")[2] == "created" else sorted(new)
        return sorted(name for name in new if old[name] != new[name])


async def _locked(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, Copy]:
    statement = select(replica).where(replica.c.id.in_(list(ids))).order_by(replica.c.id).with_for_update()
    return {row.id: row for row in await session.execute(statement, execution_options=AS_SYSTEM)}
