"""Writing history in the transaction of the change; three statements, however many objects.

The caller holds the locks of the objects' rows, has written them, and emits the events that are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, Uuid, any_, bindparam, func, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.temporal.declaration import Temporal
from chassis.temporal.tables import history


@dataclass(frozen=True)
class Recorded:
    """One written object: the event that tells of it, the members that changed, from when it holds.

    `effective` is None for an object that is taken back (deleted), and for one whose edition says it.
    """

    id: UUID
    event_id: UUID
    changed: Iterable[str] = ()
    effective: date | None = None


async def record(session: AsyncSession, temporal: Temporal, actor: str, written: Sequence[Recorded]) -> None:
    """The objects are from their effective date on as their rows say now; what was said stays on record.

    Everything that was said of later dates is superseded: `life_bounds` tells whether there is any.
    """
    if not written:
        return
    parameters = _parameters(written, actor)
    for statement in (_close(temporal), _KEEP_BEFORE, _open(temporal)):
        await session.execute(statement, parameters)


async def record_last(
    session: AsyncSession, temporal: Temporal, actor: str, written: Sequence[Recorded]
) -> None:
    """The last slices of lives whose other slices the caller writes."""
    await session.execute(_open(temporal), _parameters(written, actor))


async def take_back(session: AsyncSession, temporal: Temporal, actor: str, id: UUID, event_id: UUID) -> None:
    """The object was entered by mistake: nothing of it holds any more, at no date."""
    await session.execute(_close(temporal), _parameters([Recorded(id, event_id)], actor))


async def life_bounds(
    session: AsyncSession, temporal: Temporal, ids: Iterable[UUID]
) -> dict[UUID, tuple[date, date]]:
    """First day, and first day of the last slice, of what is on record of each object now. One query."""
    rows = await session.execute(
        select(history.c.subject_id, func.min(history.c.valid_from), func.max(history.c.valid_from))
        .where(
            history.c.kind == temporal.kind,
            history.c.subject_id == any_(literal(list(ids), ARRAY(Uuid))),
            history.c.until_version.is_(None),
        )
        .group_by(history.c.subject_id),
        execution_options=AS_SYSTEM,
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def _parameters(written: Iterable[Recorded], actor: str) -> dict[str, Any]:
    given = [
        {
            "id": item.id,
            "event_id": item.event_id,
            "effective": item.effective,
            "changed": sorted(item.changed),
        }
        for item in written
    ]
    return {"given": given, "actor": actor}


_GIVEN = "jsonb_to_recordset(:given) AS given (id uuid, event_id uuid, effective date, changed jsonb)"
_COLUMNS = (
    "kind, subject_id, since_version, valid_from, valid_to, opened_by,"
    " actor, changed, division_path, zone_id, data"
)


def _bound(sql: str) -> TextClause:
    return text(sql).bindparams(bindparam("given", type_=JSONB))


# What stands in the statements is named by declarations, nothing by a caller.
def _close(temporal: Temporal) -> TextClause:
    return _bound(
        f"""
        UPDATE history SET until_version = t.version, closed_by = given.event_id
        FROM {_GIVEN} JOIN {temporal.table} AS t ON t.id = given.id
        WHERE history.subject_id = given.id AND history.until_version IS NULL
          AND (given.effective IS NULL OR history.valid_to IS NULL OR history.valid_to > given.effective)
        """  # noqa: S608
    )


# What was said of the days before the effective date stays said.
_KEEP_BEFORE = _bound(
    f"""
    INSERT INTO history ({_COLUMNS})
    SELECT old.kind, old.subject_id, old.until_version, old.valid_from, given.effective, given.event_id,
           :actor, '["valid_to"]', old.division_path, old.zone_id, old.data
    FROM {_GIVEN} JOIN history AS old ON old.subject_id = given.id AND old.closed_by = given.event_id
    WHERE old.valid_from < given.effective
    """  # noqa: S608
)


def _open(temporal: Temporal) -> TextClause:
    starts, ends = temporal.validity or ("given.effective", "NULL")
    parts = "".join(f" || jsonb_build_object('{name}', {sql})" for name, sql in temporal.parts.items())
    place = f"t.{temporal.place}" if temporal.place else "'{}'::varchar[]"
    zone = f"t.{temporal.zone}" if temporal.zone else "NULL::uuid"
    return _bound(
        f"""
        INSERT INTO history ({_COLUMNS})
        SELECT '{temporal.kind}', t.id, t.version, {starts}, {ends}, given.event_id,
               :actor, given.changed, {place}, {zone}, to_jsonb(t){parts}
        FROM {_GIVEN} JOIN {temporal.table} AS t ON t.id = given.id
        """  # noqa: S608
    )
