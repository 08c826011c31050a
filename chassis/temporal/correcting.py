"""Saying something of a date for whose future something has been said already."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Text, cast, func, insert, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.search.columns import derived_columns
from chassis.temporal.declaration import Temporal
from chassis.temporal.recording import Recorded, record_last
from chassis.temporal.slices import Slice, amend
from chassis.temporal.tables import history

_exact = msgspec.json.Decoder(float_hook=Decimal)
_json = msgspec.json.Encoder(decimal_format="number")  # numbers keep the digits that were given


@dataclass(frozen=True)
class Correction:
    """`present`: stated columns that hold as stated to this day; `changed`: all columns that it changes."""

    before: Sequence[Slice]
    after: Sequence[Slice]
    present: frozenset[str]
    changed: frozenset[str]

    def overruled(self) -> list[Mapping[str, Any]]:
        """What was on record of the days of which something else is said now, by stored column."""
        begun = self.before[0].valid_from
        found = [(part, _at(self.before, part)) for part in self.after]
        return [then for part, then in found if then != part.data or part.valid_from < begun]


async def correction_of(
    session: AsyncSession, temporal: Temporal, id: UUID, values: Mapping[str, Any], effective: date
) -> Correction | None:
    """What stating `values` (by column) from `effective` on does to the object, whose row is locked.

    None when nothing is on record from a later date: then its row simply changes.
    """
    life = await _life(session, temporal, id)
    if not life or effective >= life[-1].valid_from:
        return None
    stated = await _as_stored(session, temporal, values)
    after = amend(life, stated, effective, temporal.group_of)
    last = after[-1].data
    moved = {
        name for part in after for name, value in part.data.items() if _at(life, part).get(name) != value
    }
    if effective < life[0].valid_from:
        moved.add("valid_from")
    return Correction(
        before=life,
        after=after,
        present=frozenset(name for name in stated if last.get(name) == stated[name]),
        changed=frozenset(moved),
    )


async def record_correction(
    session: AsyncSession, temporal: Temporal, actor: str, row: Any, event_id: UUID, correction: Correction
) -> None:
    """Write the life as corrected; `row` is the object as it has been written, `event_id` tells of it."""
    kept = [part for part in correction.before[:-1] if part in correction.after]
    await session.execute(
        update(history)
        .where(
            history.c.subject_id == row.id,
            history.c.until_version.is_(None),
            history.c.valid_from.not_in([part.valid_from for part in kept]),
        )
        .values(until_version=row.version, closed_by=event_id)
    )
    stamps = {"version": row.version, "updated_at": row.updated_at, "updated_by": row.updated_by}
    shared = {
        "kind": temporal.kind,
        "subject_id": row.id,
        "since_version": row.version,
        "opened_by": event_id,
        "actor": actor,
    }
    made = []
    for part in correction.after[:-1]:
        if part in kept:
            continue
        before = _at(correction.before, part)
        changed = {temporal.member_of(n) for n, value in part.data.items() if before.get(n) != value}
        data = {**part.data, **stamps, **_found_by(temporal, part.data)} if changed else part.data
        made.append(
            {
                **shared,
                "valid_from": part.valid_from,
                "valid_to": part.valid_to,
                "changed": sorted(changed) or ["valid_to"],
                "division_path": data[temporal.place] if temporal.place else [],
                "zone_id": row.id if temporal.zone == "id" else data.get(temporal.zone or ""),
                "data": cast(literal(_json.encode(data).decode(), Text), JSONB),
            }
        )
    for values in made:  # a handful: the slices that one correction cuts or changes
        await session.execute(insert(history).values(values))
    changed = {temporal.member_of(name) for name in correction.changed}
    last = Recorded(row.id, event_id, changed, correction.after[-1].valid_from)
    await record_last(session, temporal, actor, [last])


def _found_by(temporal: Temporal, data: Mapping[str, Any]) -> dict[str, Any]:
    """How the object was found then, in the form of a row's JSON."""
    derived = derived_columns(temporal.model, data)
    if terms := derived.get("search_terms"):
        quoted = (term.replace("\\", "\\\\").replace("'", "''") for term in terms)
        derived["search_terms"] = " ".join(f"'{term}'" for term in quoted)  # as PostgreSQL reads a tsvector
    return derived


def _at(life: Sequence[Slice], part: Slice) -> Mapping[str, Any]:
    """What `life` said of the first day of `part`; of a day before it, what it began with."""
    return next((old.data for old in life if old.holds(part.valid_from)), life[0].data)


async def _life(session: AsyncSession, temporal: Temporal, id: UUID) -> list[Slice]:
    rows = await session.execute(
        select(history.c.valid_from, history.c.valid_to, cast(history.c.data, Text))
        .where(history.c.kind == temporal.kind, history.c.subject_id == id, history.c.until_version.is_(None))
        .order_by(history.c.valid_from),
        execution_options=AS_SYSTEM,
    )
    return [Slice(start, end, _decoded(data)) for start, end, data in rows]


async def _as_stored(session: AsyncSession, temporal: Temporal, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values in the form that the database gives a row's columns in JSON."""
    given = cast(literal(_json.encode(values).decode(), Text), JSONB)
    row = func.jsonb_populate_record(literal_column(f"NULL::{temporal.table}"), given)
    stored = _decoded(await session.scalar(select(cast(func.to_jsonb(row), Text))) or "{}")
    return {name: stored.get(name, value) for name, value in values.items()}


def _decoded(text: str) -> dict[str, Any]:
    decoded: dict[str, Any] = _exact.decode(text)
    return decoded
