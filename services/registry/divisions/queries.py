"""Questions to the table of divisions."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.divisions.rules import SYSTEM


def in_edition(edition: str) -> ColumnElement[bool]:
    """Entries that stand in the edition."""
    return (Division.first_edition <= edition) & or_(
        Division.gone_by_edition.is_(None), Division.gone_by_edition > edition
    )


async def find_entries(
    session: AsyncSession, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Division]:
    """Entries by (code, edition); those that do not stand in their edition are absent. One query."""
    pairs = set(wanted)
    if not pairs:
        return {}
    codes = {code for code, _ in pairs}
    rows = await session.scalars(
        select(Division).where(
            Division.system == SYSTEM, Division.code.in_(codes), Division.deleted_at.is_(None)
        )
    )
    by_code: dict[str, list[Division]] = {}
    for row in rows:
        by_code.setdefault(row.code, []).append(row)
    return {
        (code, edition): row
        for code, edition in pairs
        for row in by_code.get(code, [])
        if row.first_edition <= edition and (row.gone_by_edition is None or edition < row.gone_by_edition)
    }


async def division_names(session: AsyncSession, codes: Iterable[str]) -> dict[str, Words]:
    """Of each code the newest name; divisions have no English ones."""
    statement = (
        select(Division.code, Division.name)
        .where(Division.code.in_(list(codes)), Division.deleted_at.is_(None))
        .order_by(Division.code, Division.first_edition)
    )
    return {row.code: Words(row.name, row.name) for row in await session.execute(statement)}
