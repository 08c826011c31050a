"""`GET /api/v1/changes`: what readers see of the feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from sqlalchemy import Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import feed
from chassis.database import AS_SYSTEM, Database
from chassis.identity.access import in_scope, require
from chassis.identity.principal import Principal
from chassis.listing import invalid
from chassis.problems import Gone
from chassis.routing import ResourceRouter
from chassis.schemas import Out, instant_text
from chassis.text import is_clean
from chassis.tracing import remaining_seconds
from chassis.words import Words

CanReadFeed = Annotated[Principal, require("feed.read")]
_POLL_SECONDS = 0.1
_EPOCH = text(
    "SELECT system_identifier::text || '-' || timeline_id FROM pg_control_system(), pg_control_checkpoint()"
)
router = ResourceRouter("changes")


class Changes(Out):
    """A stretch of the feed; continue with `next_after`."""

    epoch: str
    items: list[dict[str, Any]]
    next_after: str
    up_to_date: bool
    horizon: str


async def read_epoch(session: AsyncSession) -> str:
    """Names the database's life: a restore or a failover that lost commits begins another."""
    return str(await session.scalar(_EPOCH))


async def head(session: AsyncSession) -> int:
    """The newest position."""
    newest = select(feed.c.position).order_by(feed.c.position.desc()).limit(1)
    return await session.scalar(newest, execution_options=AS_SYSTEM) or 0


def visible_to(principal: Principal) -> Select[Any]:
    """Events of the caller's places, and of what belongs to no place."""
    condition = or_(
        (feed.c.division_path == []) & feed.c.zone_id.is_(None),
        in_scope(principal.view, feed.c.division_path, feed.c.zone_id),
    )
    return select(feed).where(condition).execution_options(scope="caller")


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
    source: Annotated[str, Query(description="The service whose feed is read")] = "",
    after: Annotated[
        str, Query(pattern=r"^\d{1,18}$", description="Position of the last event that was read")
    ] = "0",
    epoch: Annotated[str, Query(max_length=60, description="The epoch that `after` belongs to")] = "",
    types: Annotated[str, Query(max_length=300, description="Kinds of objects, comma-separated")] = "",
    limit: Annotated[int, Query(ge=1)] = 500,
    wait: Annotated[float, Query(ge=0, le=30, description="Seconds to wait for an event")] = 0,
) -> Changes:
    """Numbered events after a position, oldest first. A wait holds no database connection."""
    service = request.app.state.runtime.settings.service
    if source not in {"", service}:
        raise invalid(
            "source", Words(f"此服务的 source 为 {service}", f"The source of this service is {service}")
        )
    runtime = request.app.state.runtime
    database: Database = runtime.database
    kinds = [kind for kind in types.split(",") if kind]
    if not is_clean(types):
        raise invalid("types", Words("应为对象种类", "Must be kinds of objects"))
    deadline = time.monotonic() + min(wait, max(0.0, remaining_seconds(30) - 0.5))
    while True:
        # a transaction of its own each time, so that waiting keeps none open
        async with database.transaction() as session:
            found = await _read(session, reader, service, int(after), epoch, kinds, min(limit, 1000))
        if found.items or runtime.stopping.asked or time.monotonic() >= deadline:
            return found
        await asyncio.sleep(_POLL_SECONDS)


async def _read(
    session: AsyncSession,
    reader: Principal,
    service: str,
    after: int,
    epoch: str,
    kinds: Sequence[str],
    limit: int,
) -> Changes:
    current = await read_epoch(session)
    newest = await head(session)
    if (epoch and epoch != current) or after > newest:
        raise Gone(
            Words("该位置属于数据库的另一时期", "The position belongs to another epoch of the database"),
            members={"epoch": current},
        )
    statement = visible_to(reader).where(feed.c.position > after, feed.c.position <= newest)
    if kinds:
        statement = statement.where(feed.c.kind.in_(kinds))
    rows = (await session.execute(statement.order_by(feed.c.position).limit(limit))).all()
    full = len(rows) == limit
    # what lay between and was not for this reader is passed over once, not at every poll
    return Changes(
        epoch=current,
        items=[_cloud_event(row, service) for row in rows],
        next_after=position_text(rows[-1].position if full else newest),
        up_to_date=not full,
        horizon=position_text(0),
    )


def position_text(position: int) -> str:
    return f"{position:018d}"


def _cloud_event(row: Any, service: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": str(row.event_id),
        "source": f"/{service}",
        "type": row.type,
        "subject": f"{row.kind}/{row.subject_id}",
        "time": instant_text(row.stamped_at),
        "sequence": position_text(row.position),
        "traceid": row.trace_id,
        "actor": row.actor,
        "datacontenttype": "application/json",
        "data": row.data,
    }
