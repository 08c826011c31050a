"""Reading a resource as it was, with the statement that reads it as it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, column, func, literal_column, or_, select, true

from chassis.identity.access import in_scope
from chassis.identity.principal import Scope
from chassis.temporal.declaration import Temporal
from chassis.temporal.moment import Moment
from chassis.temporal.tables import history


def slices(temporal: Temporal, moment: Moment) -> ColumnElement[bool]:
    """SQL condition: the row of history is what a read of that moment answers."""
    h = history.c
    known: ColumnElement[bool] = h.until_version.is_(None)
    if moment.known_at is not None:
        known = (h.recorded_from <= moment.known_at) & or_(
            h.recorded_to.is_(None), h.recorded_to > moment.known_at
        )
    valid = temporal.as_read_plainly()
    if moment.as_of is not None:
        valid = (h.valid_from <= moment.as_of) & or_(h.valid_to.is_(None), h.valid_to > moment.as_of)
    return (h.kind == temporal.kind) & known & valid


def at(statement: Select[Any], temporal: Temporal, moment: Moment) -> Select[Any]:
    """`statement` over the resource's table, answering from its history instead.

    A common table expression of the table's own name stands before the statement, and in PostgreSQL such a
    name goes before the table's. So conditions, sort keys, joins and scope mean the state of that moment, and
    no statement is written twice. Columns that came later than a row of history are null in it.
    """
    return statement.add_cte(_as_table(temporal, moment)) if moment.asked else statement


def seen_now(temporal: Temporal, scope: Scope) -> Select[Any]:
    """Ids of the objects whose place lies in `scope` as of now."""
    h = history.c
    return select(h.subject_id).where(
        h.kind == temporal.kind,
        h.until_version.is_(None),
        h.valid_to.is_(None),
        in_scope(scope, h.division_path, h.zone_id),
    )


def _as_table(temporal: Temporal, moment: Moment) -> CTE:
    table = temporal.model.__table__
    stored = func.jsonb_populate_record(
        literal_column(f"NULL::{temporal.table}"), history.c.data
    ).table_valued(*(column(c.name, c.type) for c in table.columns), name="stored")
    parts = [history.c.data[name].label(name) for name in temporal.parts]
    return (
        select(*stored.c, *parts)
        .select_from(history.join(stored, true()))
        .where(slices(temporal, moment))
        .cte(temporal.table)
    )
