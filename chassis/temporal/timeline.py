"""The timeline of an object: every version of its life, and since when and until when it was on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Select, and_, column, exists, func, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import SCOPE_OPTION
from chassis.identity.access import in_scope
from chassis.identity.principal import Scope
from chassis.listing import Filter, Listing, ListQuery, fetch_page
from chassis.problems import NotFound
from chassis.schemas import Instant, Out, Page, PageInfo
from chassis.temporal.declaration import Temporal
from chassis.temporal.reading import seen_now
from chassis.temporal.tables import history

T = TypeVar("T")


class TimelineEntry(Out, Generic[T]):
    """How the object was, by what was on record from `recorded_at` until `superseded_at`.

    `recorded_at` is null while the change waits for its number. `changed` names what `actor` changed by this
    entry; `valid_to` alone for an entry that only ends earlier than was thought.
    """

    version: int = Field(examples=[1], description="The version of the object that brought this entry")
    valid_from: date = Field(examples=["2013-05-01"])
    valid_to: date | None = Field(examples=[None])
    recorded_at: Instant | None = Field(examples=["2026-11-24T08:00:00.000Z"])
    superseded_at: Instant | None = Field(examples=[None])
    actor: str = Field(examples=["person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02"])
    changed: list[str] = Field(examples=[["theme"]])
    resource: T


TIMELINE = Listing(
    filters={
        "version": Filter(history.c.since_version, "integer", ("eq", "lt", "lte", "gt", "gte")),
        "valid_from": Filter(history.c.valid_from, "date", ("eq", "lt", "lte", "gt", "gte")),
        "superseded_at": Filter(history.c.recorded_to, "instant", ("isnull", "lte", "gt")),
    },
    sorts={"valid_from": (history.c.valid_from, date), "version": (history.c.since_version, int)},
    default_sort="valid_from,version",
    id_column=history.c.id,
)
_OWN = ("since_version", "valid_from", "valid_to", "recorded_from", "recorded_to", "actor", "changed")


@dataclass(frozen=True)
class Versions:
    """A page of versions: each row has the resource's stored columns and parts by name."""

    rows: Sequence[SimpleNamespace]
    page: PageInfo

    def shown(self, show: Callable[[SimpleNamespace], T]) -> Page[TimelineEntry[T]]:
        """As it is answered; `show` makes the resource of a row."""
        return Page(items=[_entry(row, show(row)) for row in self.rows], page=self.page)


async def versions_page(
    session: AsyncSession, temporal: Temporal, id: UUID, scope: Scope, query: ListQuery
) -> Versions:
    """The versions whose place the caller may see, or all if the object is theirs now; one page.

    404 when the caller may see none.
    """
    theirs: ColumnElement[bool] = and_(history.c.kind == temporal.kind, history.c.subject_id == id)
    if temporal.place is not None:
        then = in_scope(scope, history.c.division_path, history.c.zone_id)
        theirs = theirs & or_(then, history.c.subject_id.in_(seen_now(temporal, scope)))
    caller = {SCOPE_OPTION: "caller"}
    if not await session.scalar(select(exists().where(theirs)), execution_options=caller):
        raise NotFound()
    statement = _versions(temporal).where(theirs).execution_options(**caller)
    rows, page = await fetch_page(session, statement, query)
    return Versions([SimpleNamespace(**row._mapping) for row in rows], page)


def _versions(temporal: Temporal) -> Select[Any]:
    columns = temporal.model.__table__.columns
    stored = func.jsonb_populate_record(
        literal_column(f"NULL::{temporal.table}"), history.c.data
    ).table_valued(*(column(c.name, c.type) for c in columns), name="stored")
    return select(
        *(history.c[name].label(f"history_{name}") for name in _OWN),
        *(stored.c[c.name].label(c.name) for c in columns),
        *(history.c.data[name].label(name) for name in temporal.parts),
    ).select_from(history.join(stored, true()))


def _entry(row: SimpleNamespace, resource: T) -> TimelineEntry[T]:
    return TimelineEntry(
        version=row.history_since_version,
        valid_from=row.history_valid_from,
        valid_to=row.history_valid_to,
        recorded_at=row.history_recorded_from,
        superseded_at=row.history_recorded_to,
        actor=row.history_actor,
        changed=row.history_changed,
        resource=resource,
    )
