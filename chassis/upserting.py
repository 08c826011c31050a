"""Insert or update many rows by their key: three statements, however many rows there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY as ARRAY_TYPE
from sqlalchemy import JSON, Integer, Text, Uuid, and_, cast, column, func, literal, null, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.ids import new_id
from chassis.problems import ServiceUnavailable
from chassis.search.columns import DERIVED, Searchable, Terms, derived_columns
from chassis.words import Words

_ORDINAL = "row_ordinal"
_ID = "row_id"
_OWN: dict[str, Any] = {_ORDINAL: Integer(), _ID: Uuid()}
_NOT_FOUND: dict[str, Any] = {"search_terms": []} | dict.fromkeys(set(DERIVED) - {"search_terms"}, "")


@dataclass(frozen=True)
class Upserted:
    """What became of one given row: `created`, `updated` or `unchanged`, and the columns that changed.

    `base_version` is the version of the stored row that this was decided on, None where there was none.
    """

    values: Mapping[str, Any]
    id: UUID
    action: Literal["created", "updated", "unchanged"]
    changed: Sequence[str]
    base_version: int | None = None


async def upsert(
    session: AsyncSession,
    model: Any,
    rows: Sequence[Mapping[str, Any]],
    key: Sequence[str],
    actor: str,
    *,
    trial: bool = False,
) -> list[Upserted]:
    """Insert or update by `key` (which has a unique constraint); the outcomes are in the order of `rows`.

    Rows name the same columns, each key once. Existing rows are locked in one order; what is equal already
    is not written, what was deleted comes back. With `trial` the caller takes all of it back at once, and
    how rows are found is not worked out. Raises ServiceUnavailable (503) when another transaction has just
    created a row of the same key.
    """
    if not rows:
        return []
    names, table = list(rows[0]), model.__table__
    searched = model.found_by.columns if issubclass(model, Searchable) else ()
    others = [name for name in searched if name not in names]
    stored = await _lock_existing(session, table, rows, names, key, others)
    outcomes: list[Upserted] = []
    created: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    for ordinal, values in enumerate(rows):
        old = stored.get(ordinal)
        if old is None:
            outcomes.append(Upserted(values, new_id(), "created", sorted(names)))
        else:
            row_id, version, deleted, *differs = old[1 : 4 + len(names)]
            changed = sorted(name for name, other in zip(names, differs, strict=True) if other)
            if deleted:
                changed.append("deleted_at")
            outcomes.append(Upserted(values, row_id, "updated" if changed else "unchanged", changed, version))
        outcome = outcomes[-1]
        if outcome.action != "unchanged":
            held = (
                dict.fromkeys(others)
                if old is None
                else dict(zip(others, old[4 + len(names) :], strict=True))
            )
            found = _NOT_FOUND if trial and searched else derived_columns(model, {**held, **values})
            (created if old is None else updated).append({_ID: outcome.id, **values, **found})
    await _insert(session, table, created, key, actor)
    await _update(session, table, updated, key, actor)
    return outcomes


async def _lock_existing(
    session: AsyncSession,
    table: Any,
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    key: Sequence[str],
    others: Sequence[str],
) -> dict[int, Any]:
    """(ordinal, id, version, is deleted, for each name whether it differs, others) of what is there."""
    given = _given(table, [{_ORDINAL: ordinal, **row} for ordinal, row in enumerate(rows)])
    statement = (
        select(
            given[_ORDINAL],
            table.c.id,
            table.c.version,
            table.c.deleted_at.is_not(None),
            *(table.c[name].is_distinct_from(given[name]) for name in names),
            *(table.c[name] for name in others),
        )
        .where(and_(*(table.c[name] == given[name] for name in key)))
        .order_by(*(table.c[name] for name in key))
        .with_for_update(of=table)
    )
    found = await session.execute(statement, execution_options=AS_SYSTEM)
    return {row[0]: row for row in found}


async def _insert(
    session: AsyncSession, table: Any, rows: Sequence[Mapping[str, Any]], key: Sequence[str], actor: str
) -> None:
    if not rows:
        return
    given = _given(table, rows)
    stamps = {"version": literal(1), "created_by": literal(actor), "updated_by": literal(actor)}
    names = [name for name in given if name != _ID]
    # without the conflict clause a key that was taken since it was looked for would be a bare 409
    written = await session.execute(
        insert(table)
        .from_select(
            ["id", *names, *stamps],
            select(given[_ID], *(given[name] for name in names), *stamps.values()),
            include_defaults=False,
        )
        .on_conflict_do_nothing(index_elements=[table.c[name] for name in key])
        .returning(table.c.id)
    )
    if len(written.all()) != len(rows):
        raise ServiceUnavailable(Words("同时的修改过多, 请重试", "Too many changes at once; try again"))


async def _update(
    session: AsyncSession, table: Any, rows: Sequence[Mapping[str, Any]], key: Sequence[str], actor: str
) -> None:
    """The rows are locked, so that nothing has moved since they were compared."""
    if not rows:
        return
    given = _given(table, rows)
    values = {name: given[name] for name in given if name != _ID and name not in key}
    stamps = {
        "version": table.c.version + 1,
        "updated_at": func.now(),
        "updated_by": actor,
        "deleted_at": null(),
    }
    await session.execute(update(table).where(table.c.id == given[_ID]).values({**values, **stamps}))


def _given(table: Any, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Columns of the rows as a statement sees them: one array each, where VALUES needs a parameter a cell."""
    sent, declared = [], []
    for name in rows[0]:
        kind, values = _kind(table, name), [row[name] for row in rows]
        write = _writer(kind)  # arrays of arrays would have to be of one length
        held: Any = kind if write is None else Text()
        written = values if write is None else [None if value is None else write(value) for value in values]
        sent.append(literal(written, ARRAY(held)))
        declared.append(column(name, held))
    source = func.unnest(*sent).table_valued(*declared, name="given").render_derived()
    return {name: _read(source.c[name], _kind(table, name)) for name in rows[0]}


def _kind(table: Any, name: str) -> Any:
    return _OWN[name] if name in _OWN else table.c[name].type


def _read(sent: Any, kind: Any) -> Any:
    if isinstance(kind, Terms):
        return func.array_to_tsvector(cast(sent, ARRAY(Text())))
    return sent if _writer(kind) is None else cast(sent, kind)


def _writer(kind: Any) -> Callable[[Any], str] | None:
    """How a value of a composite type is written as text; None for plain types."""
    if isinstance(kind, (ARRAY_TYPE, Terms)):
        return _array_text
    return _json_text if isinstance(kind, JSON) else None


def _array_text(values: Sequence[str]) -> str:
    quoted = (str(value).replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def _json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
