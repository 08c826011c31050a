"""`GET /api/v1/changes/digest`: what the caller should hold at a position, in 256 digests."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from pydantic import ConfigDict
from sqlalchemy import Boolean, Subquery, and_, cast, or_, select, union_all
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.base_tables import feed, feed_latest
from chassis.feed.changes import EPOCH, CanReadFeed, Source
from chassis.feed.digests import EMPTY, digests_of
from chassis.feed.reading import position_text, read_state, sees
from chassis.identity.principal import Scope
from chassis.listing import invalid
from chassis.routing import ResourceRouter
from chassis.schemas import Out
from chassis.text import is_clean
from chassis.words import Words

router = ResourceRouter("changes")


class Digest(Out):
    """Objects of one kind at a position: how many there are, and a digest for each bucket."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "epoch": "7572390921834561537-1",
                    "type": "zone",
                    "at": "000000000000000042",
                    "tombstones_after": "000000000000000000",
                    "objects": 0,
                    "buckets": [EMPTY] * 256,
                }
            ]
        }
    )

    epoch: str
    type: str
    at: str
    tombstones_after: str
    objects: int
    buckets: list[str]


@router.get("/changes/digest", operation_id="digest_changes", summary="Digest of what the feed has told")
async def digest_changes(
    request: Request,
    reader: CanReadFeed,
    source: Source,
    type: Annotated[str, Query(min_length=1, max_length=60, description="A kind of objects")],
    at: Annotated[str, Query(pattern=r"^\d{0,18}$", description="Position; the newest one when absent")] = "",
    epoch: Annotated[str, EPOCH] = "",
) -> Digest:
    """256 digests of `id|version|deleted` over the objects that the caller may see, as they were at `at`.

    A bucket is the last byte of the id; its digest is the SHA-256 (hex) of its lines, sorted by id and joined
    by line feeds; `deleted` is true or false. Deleted objects count while their last event lies after
    `tombstones_after`; what was removed from the caller's scope does not count. Equal digests: equal objects.
    """
    if not is_clean(type):
        raise invalid("type", Words("应为对象种类", "Must be a kind of objects"))
    async with request.app.state.runtime.database.reading() as session:
        state = await read_state(session, source)
        position = int(at) if at else state.newest
        await read_state(session, source, position, epoch)
        held = _held(reader.view, type, position, state.tombstones)
        objects, buckets = await digests_of(session, held)
    return Digest(
        epoch=state.epoch,
        type=type,
        at=position_text(position),
        tombstones_after=position_text(state.tombstones),
        objects=objects,
        buckets=buckets,
    )


def _held(scope: Scope, kind: str, position: int, tombstones: int) -> Subquery:
    """`id, version, deleted` of the objects at `position`: the newest state, or the last one before it."""
    unchanged = select(
        feed_latest.c.subject_id,
        feed_latest.c.position,
        feed_latest.c.version,
        feed_latest.c.deleted,
        feed_latest.c.division_path,
        feed_latest.c.zone_id,
    ).where(feed_latest.c.kind == kind, feed_latest.c.position <= position)
    changed_since = (
        select(
            feed.c.subject_id,
            feed.c.position,
            feed.c.version,
            cast(feed.c.data["deleted"].astext, Boolean),
            feed.c.division_path,
            feed.c.zone_id,
        )
        .join(
            feed_latest,
            and_(feed_latest.c.kind == feed.c.kind, feed_latest.c.subject_id == feed.c.subject_id),
        )
        .where(feed.c.kind == kind, feed_latest.c.position > position, feed.c.position <= position)
        .ext(distinct_on(feed.c.subject_id))
        .order_by(feed.c.subject_id, feed.c.position.desc())
    )
    state = union_all(unchanged, select(changed_since.subquery())).subquery()
    return (
        select(state.c.subject_id.label("id"), state.c.version, state.c.deleted)
        .where(
            sees(scope, state.c.division_path, state.c.zone_id),
            or_(~state.c.deleted, state.c.position > tombstones),
        )
        .subquery()
    )
