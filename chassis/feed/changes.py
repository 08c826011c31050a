"""`GET /api/v1/changes`: what readers see of the feed."""

from __future__ import annotations

import time
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import feed
from chassis.feed.reading import cloud_event, of_kinds, position_text, read_state, visible_events
from chassis.feed.watcher import interest
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.listing import invalid
from chassis.routing import ResourceRouter
from chassis.runtime import Runtime
from chassis.schemas import Out
from chassis.text import is_clean
from chassis.tracing import remaining_seconds
from chassis.words import Words

CanReadFeed = Annotated[Principal, require("feed.read")]
_MOST = 1000
router = ResourceRouter("changes")


class Changes(Out):
    """A stretch of the feed; continue with `next_after`, and hand back `epoch` and `anchor` with it."""

    epoch: str
    items: list[dict[str, Any]]
    next_after: str
    anchor: UUID | None
    up_to_date: bool
    horizon: str


def own_source(
    request: Request,
    source: Annotated[str, Query(max_length=60, description="The service whose feed is read")] = "",
) -> str:
    """The name of this service; 400 when another one is asked for."""
    service: str = request.app.state.runtime.settings.service
    if source not in {"", service}:
        raise invalid(
            "source", Words(f"此服务的 source 为 {service}", f"The source of this service is {service}")
        )
    return service


def named_kinds(
    types: Annotated[str, Query(max_length=300, description="Kinds of objects, comma-separated")] = "",
) -> list[str]:
    if not is_clean(types):
        raise invalid("types", Words("应为对象种类", "Must be kinds of objects"))
    return [kind for kind in types.split(",") if kind]


Source = Annotated[str, Depends(own_source)]
Kinds = Annotated[list[str], Depends(named_kinds)]
EPOCH = Query(max_length=60, description="The epoch that the position belongs to")


@router.get(
    "/changes",
    response_model=Changes,
    operation_id="list_changes",
    summary="Read the change feed",
    responses={
        200: {
            "content": {
                "application/json": {
                    "example": {
                        "epoch": "7572390921834561537-1",
                        "items": [],
                        "next_after": "000000000000000042",
                        "anchor": "5e3f1d0c-8f0e-4c1e-9d65-0d3a6f1b2c4d",
                        "up_to_date": True,
                        "horizon": "000000000000000000",
                    }
                }
            }
        }
    },
)
async def list_changes(
    request: Request,
    reader: CanReadFeed,
    source: Source,
    kinds: Kinds,
    after: Annotated[
        str, Query(pattern=r"^\d{1,18}$", description="Position of the last event that was read")
    ] = "0",
    epoch: Annotated[str, EPOCH] = "",
    anchor: Annotated[UUID | None, Query(description="The `anchor` that came with the position")] = None,
    limit: Annotated[int, Query(ge=1)] = 500,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for an event")] = 0,
) -> Changes:
    """Numbered events after a position, oldest first. A wait holds no database connection.

    An object that leaves the caller's scope is told of once more by `removed_from_scope`, without its
    members; one that enters it by all its members. 410 names the snapshot from which to begin anew.
    """
    runtime: Runtime = request.app.state.runtime
    deadline = time.monotonic() + min(wait, max(0.0, remaining_seconds(30) - 0.5))
    while True:
        # a transaction of its own each time, so that waiting keeps none open
        async with runtime.database.reading() as session:
            found = await _read(session, reader, source, int(after), epoch, anchor, kinds, min(limit, _MOST))
        left = deadline - time.monotonic()
        if found.items or runtime.stopping.asked or left <= 0:
            return found
        await runtime.watcher.wait(int(found.next_after), interest(reader.view, kinds), left)


async def _read(
    session: AsyncSession,
    reader: Principal,
    service: str,
    after: int,
    epoch: str,
    anchor: UUID | None,
    kinds: list[str],
    limit: int,
) -> Changes:
    state = await read_state(session, service, after, epoch, anchor)
    statement = visible_events(reader.view).where(feed.c.position > after, of_kinds(feed.c.kind, kinds))
    rows = (await session.execute(statement.order_by(feed.c.position).limit(limit))).all()
    full = len(rows) == limit
    # what lay between and was not for this reader is passed over once, not at every poll
    return Changes(
        epoch=state.epoch,
        items=[cloud_event(row, service) for row in rows],
        next_after=position_text(rows[-1].position if full else state.newest),
        anchor=rows[-1].event_id if full else state.anchor,
        up_to_date=not full,
        horizon=position_text(state.horizon),
    )
