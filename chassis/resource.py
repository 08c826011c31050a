"""Columns and writes that every resource shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import DateTime, Integer, String, Uuid, func, literal_column, null, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.base_tables import metadata
from chassis.database import AS_SYSTEM
from chassis.ids import new_id
from chassis.problems import ServiceUnavailable
from chassis.search.columns import DERIVED, Searchable, derived_columns
from chassis.words import Words

_CHUNK = 1000


class Base(DeclarativeBase):
    """Declarative base; a service's tables share the metadata of the base tables."""

    metadata = metadata


class ResourceColumns:
    """`id, version, created_*, updated_*, deleted_at`; the database stamps what is new."""

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(String)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[str] = mapped_column(String)
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def revise(row: Any, values: Mapping[str, Any], actor: str) -> list[str]:
    """Set what differs on a locked row and raise its version by one; the names of what changed."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    if changed:
        for name in changed:
            setattr(row, name, values[name])
        touch(row, actor)
    return changed


def touch(row: Any, actor: str) -> None:
    """Mark a locked row as changed by `actor`."""
    row.version += 1
    row.updated_at, row.updated_by = datetime.now(UTC), actor


@dataclass(frozen=True)
class Upserted:
    """What became of one given row: `created`, `updated` or `unchanged`, and the members that changed."""

    values: Mapping[str, Any]
    id: UUID
    action: Literal["created", "updated", "unchanged"]
    changed: Sequence[str]


async def upsert(
    session: AsyncSession, model: Any, rows: Sequence[Mapping[str, Any]], key: Sequence[str], actor: str
) -> list[Upserted]:
    """Insert or update by `key` (which has a unique constraint); the outcomes are in the order of `rows`.

    Rows name the same columns, each key once. Existing rows are locked in one order; two statements and one
    per thousand rows, however many rows there are. What is equal already is not written. Raises
    ServiceUnavailable (503) when another transaction has just created a row of the same key.
    """
    existing = await _lock_existing(session, model, rows, key)
    outcomes: list[Upserted] = []
    writes: list[dict[str, Any]] = []
    for values in rows:
        old = existing.get(tuple(values[name] for name in key))
        if old is None:
            fresh = {"id": new_id(), **values, "version": 1, "created_by": actor, "updated_by": actor}
            outcomes.append(Upserted(values, fresh["id"], "created", sorted(values)))
            writes.append(fresh | _found_by(model, None, values))
            continue
        changed = sorted(name for name, value in values.items() if getattr(old, name) != value)
        if old.deleted_at is not None:
            changed.append("deleted_at")
        outcomes.append(Upserted(values, old.id, "updated" if changed else "unchanged", changed))
        if changed:
            again = {"id": old.id, **values, "version": 1, "created_by": old.created_by, "updated_by": actor}
            writes.append(again | _found_by(model, old, values))
    await _write(session, model, writes, key)
    return outcomes


def _found_by(model: Any, old: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """How the row is found once it is written; of what `values` leaves out, as it was."""
    if not issubclass(model, Searchable):
        return {}
    whole = {name: getattr(old, name, None) for name in model.found_by.columns} | dict(values)
    return derived_columns(model, whole)


async def _lock_existing(
    session: AsyncSession, model: Any, rows: Iterable[Mapping[str, Any]], key: Sequence[str]
) -> dict[tuple[Any, ...], Any]:
    columns = [getattr(model, name) for name in key]
    found: dict[tuple[Any, ...], Any] = {}
    wanted = sorted({tuple(row[name] for name in key) for row in rows}, key=str)
    for start in range(0, len(wanted), _CHUNK):
        statement = (
            select(model)
            .where(tuple_(*columns).in_(wanted[start : start + _CHUNK]))
            .order_by(*columns)
            .with_for_update(of=model)
            .execution_options(populate_existing=True, **AS_SYSTEM)
        )
        for row in (await session.scalars(statement)).unique():
            found[tuple(getattr(row, name) for name in key)] = row
    return found


async def _write(
    session: AsyncSession, model: Any, writes: Sequence[dict[str, Any]], key: Sequence[str]
) -> None:
    if not writes:
        return
    table = model.__table__
    statement = insert(table)
    kept = {"id", "version", "created_by", *key}
    values = {name: statement.excluded[name] for name in writes[0] if name not in kept}
    derived = {"updated_by", *DERIVED} & set(values)  # from what is given, or not worth a write
    upserting = statement.on_conflict_do_update(
        index_elements=[table.c[name] for name in key],
        set_={
            **values,
            # written out: a bound parameter here would make it a statement a row
            "version": table.c.version + literal_column("1"),
            "updated_at": func.now(),
            "deleted_at": null(),
        },
        where=or_(
            table.c.deleted_at.is_not(None),
            *(table.c[name].is_distinct_from(new) for name, new in values.items() if name not in derived),
        )
        if len(values) > len(derived)
        else true(),
    ).returning(table.c.id)
    for start in range(0, len(writes), _CHUNK):
        part = list(writes[start : start + _CHUNK])
        written = (await session.execute(upserting, part)).scalars()
        # a key that was free when existing rows were locked can have been taken since: then the rival's row
        # was updated, unseen and perhaps outside the caller's scope, and nothing of it may stay
        if {row["id"] for row in part} != set(written):
            raise ServiceUnavailable(Words("同时的修改过多, 请重试", "Too many changes at once; try again"))
