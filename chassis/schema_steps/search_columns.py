"""Make a table searchable: the stored columns, filled for the rows that are there, and their indexes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSVECTOR

from chassis.search.columns import FoundBy, Terms, derive

_CHUNK = 1000
_COLUMNS = ("search_terms", "search_text", "search_sounds", "name_key")


def add_search_columns(op: Any, table: str, found: FoundBy, *, offline: bool) -> None:
    """With a migration's `op`. Where the SQL is only printed, the table must be empty when it is run."""
    for name in _COLUMNS:
        kind: Any = TSVECTOR if name == "search_terms" else sa.String
        op.add_column(table, sa.Column(name, sa.String(collation="C") if name == "name_key" else kind))
    if not offline:
        fill_search_columns(op.get_bind(), table, found)
    for name in _COLUMNS:
        op.alter_column(table, name, nullable=False)
    op.create_index(f"ix_{table}_search_terms", table, ["search_terms"], postgresql_using="gin")
    op.create_index(f"ix_{table}_name_key", table, ["name_key", "id"])


def fill_search_columns(connection: sa.Connection, table: str, found: FoundBy) -> int:
    """Derive the stored columns of all rows anew, a thousand at a time; the number of rows.

    For the rows of a table that becomes searchable, and for a later version that derives otherwise.
    """
    given = sa.table(table, sa.column("id", sa.Uuid), *_source_columns(connection, table, found))
    stored = sa.table(
        table,
        sa.column("id", sa.Uuid),
        sa.column("search_terms", Terms),
        *(sa.column(name, sa.String) for name in _COLUMNS[1:]),
    )
    change = (
        sa.update(stored)
        .where(stored.c.id == sa.bindparam("row_id"))
        .values({name: sa.bindparam(f"new_{name}") for name in _COLUMNS})
    )
    filled = 0
    for rows in _chunks(connection, given):
        values = [
            {
                "row_id": row.id,
                **{f"new_{name}": value for name, value in vars(derive(found, dict(row._mapping))).items()},
            }
            for row in rows
        ]
        connection.execute(change, values)
        filled += len(rows)
    return filled


def _source_columns(connection: sa.Connection, table: str, found: FoundBy) -> list[sa.ColumnClause[Any]]:
    kinds = {column["name"]: column["type"] for column in sa.inspect(connection).get_columns(table)}
    return [sa.column(name, kinds[name]) for name in found.columns]


def _chunks(connection: sa.Connection, given: sa.TableClause) -> Iterator[list[sa.Row[Any]]]:
    last = None
    while True:
        statement = sa.select(given).order_by(given.c.id).limit(_CHUNK)
        if last is not None:
            statement = statement.where(given.c.id > last)
        rows = list(connection.execute(statement))
        if rows:
            yield rows
        if len(rows) < _CHUNK:
            return
        last = rows[-1].id
