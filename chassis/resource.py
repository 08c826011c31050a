"""Columns and writes that every resource shares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Integer, String, Uuid, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.base_tables import metadata
from chassis.ids import new_id


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


def mark_deleted(row: Any, actor: str) -> None:
    """Delete a locked row softly: it stays, with its events, and its code stays taken."""
    touch(row, actor)
    row.deleted_at = row.updated_at
