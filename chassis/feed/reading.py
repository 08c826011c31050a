"""Statements over the feed: which events a reader sees, where it begins and ends, which state it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import feed
from chassis.identity.access import in_scope
from chassis.identity.principal import Scope
from chassis.problems import Gone
from chassis.schemas import instant_text
from chassis.words import Words

_STATE = text(
    """
    SELECT control.system_identifier::text || '-' || checkpoint.timeline_id AS epoch,
           coalesce(horizon.position, 0) AS horizon, coalesce(horizon.tombstones, 0) AS tombstones,
           coalesce(newest.position, 0) AS newest, newest.event_id AS anchor, newest.stamped_at,
           (SELECT event_id FROM feed WHERE position = CAST(:after AS bigint)) AS found
    FROM pg_control_system() AS control CROSS JOIN pg_control_checkpoint() AS checkpoint
    LEFT JOIN feed_horizon AS horizon ON true
    LEFT JOIN (SELECT * FROM feed ORDER BY position DESC LIMIT 1) AS newest ON true
    """
)


def position_text(position: int) -> str:
    return f"{position:018d}"


async def read_state(
    session: AsyncSession, source: str, after: int | None = None, epoch: str = "", anchor: UUID | None = None
) -> Any:
    """`epoch, horizon, tombstones, newest, anchor, stamped_at` of this feed.

    `epoch` names the database's life: a restore or a failover that lost commits begins another. `anchor` is
    the id of the event at a position: it tells apart two histories that a copied data folder has under one
    epoch. Raises Gone (410) for a position that this history does not have, or has no longer in full.
    """
    state = (await session.execute(_STATE, {"after": after})).one()
    if after is None:
        return state
    if (epoch and epoch != state.epoch) or after > state.newest or (anchor and anchor != state.found):
        raise gone(
            state,
            source,
            Words("该位置属于数据库的另一时期", "The position belongs to another epoch of the database"),
        )
    if after < state.horizon:
        raise gone(
            state,
            source,
            Words("该位置早于保留的变更记录", "The position lies below the changes that are kept"),
        )
    return state


def gone(state: Any, source: str, detail: Words) -> Gone:
    """410 with what the reader needs to begin anew."""
    link = f"/api/v1/changes/snapshot?source={source}"
    return Gone(
        detail,
        headers={"Link": f'<{link}>; rel="alternate"'},
        members={"epoch": state.epoch, "horizon": position_text(state.horizon), "snapshot": link},
    )


def sees(scope: Scope, division_path: Any, zone_id: Any) -> ColumnElement[bool]:
    """What lies in `scope`, and what belongs to no place."""
    return or_((division_path == []) & zone_id.is_(None), in_scope(scope, division_path, zone_id))


def visible_events(scope: Scope) -> Select[Any]:
    """Rows of the feed with `leaves`: whether the object left the reader's scope by this event."""
    here = sees(scope, feed.c.division_path, feed.c.zone_id)
    left = and_(feed.c.left_path.is_not(None), sees(scope, feed.c.left_path, feed.c.left_zone_id))
    return (
        select(feed, here.is_not(true()).label("leaves"))  # null, for want of a zone, is not here either
        .where(here if scope.everywhere else or_(here, left))
        .execution_options(scope="caller")
    )


def of_kinds(column: ColumnElement[str], kinds: Sequence[str]) -> ColumnElement[bool]:
    """Of these kinds, or of any when none is named."""
    return column.in_(kinds) if kinds else column.is_not(None)


def cloud_event(row: Any, service: str) -> dict[str, Any]:
    """A row of `visible_events` as CloudEvents 1.0; of what left the scope it tells no more than that."""
    data, kind_of_event = row.data, row.type
    if row.leaves:
        kind_of_event = f"sdz.{row.kind}.removed_from_scope.v1"
        data = {"id": data["id"], "version": data["version"], "deleted": False, "changed": []}
    return {
        "specversion": "1.0",
        "id": str(row.event_id),
        "source": f"/{service}",
        "type": kind_of_event,
        "subject": f"{row.kind}/{row.subject_id}",
        "time": instant_text(row.stamped_at),
        "sequence": position_text(row.position),
        "traceid": row.trace_id,
        "actor": row.actor,
        "datacontenttype": "application/json",
        "data": data,
    }
