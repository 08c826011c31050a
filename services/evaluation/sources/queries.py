"""Reading sources."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.evaluation.references import among
from services.evaluation.sources.models import Source
from services.evaluation.sources.schemas import CitedSource

SEPARATOR = ";"


def live() -> Select[Source]:
    """Sources belong to no place: whoever may read one may read all."""
    return select(Source).where(Source.deleted_at.is_(None))


def cited_codes(text: str | None) -> list[str]:
    """The codes in a `source` cell, in its order."""
    return [code for part in (text or "").split(SEPARATOR) if (code := part.strip())]


async def cited(session: AsyncSession, codes: Iterable[str]) -> dict[str, CitedSource]:
    """What is known of the sources that `codes` name; unknown codes are absent. One query."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    rows = await session.scalars(live().where(among(Source.code, wanted)))
    return {
        row.code: CitedSource(
            code=row.code,
            title=row.title,
            publisher=row.publisher,
            date=row.published,
            address=row.address,
        )
        for row in rows
    }
