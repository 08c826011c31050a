"""Statements over scores; every read for a caller starts from `visible_to`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import Filter, Listing
from chassis.problems import NotFound
from chassis.search.query import Sought
from services.evaluation.references import reference_in_cell
from services.evaluation.runs.models import Run, Score
from services.evaluation.runs.queries import of_cycle
from services.evaluation.zones import in_view, within, zone_named

_COLUMNS = (
    Score.id,
    Score.run_id,
    Score.zone_id,
    Score.zone_code,
    Score.zone_names,
    Score.score,
    Score.rank,
    Score.dropped,
    Run.created_at.label("run_created_at"),
    Run.cycle,
    Run.period,
    Run.ranked.label("ranked_count"),
)


def visible_to(principal: Principal) -> Select[Any]:
    """Scores of the zones in the caller's view, wherever those lie today; without inputs and parts."""
    return (
        select(*_COLUMNS)
        .select_from(Score)
        .join(Run, Run.id == Score.run_id)
        .join(replica, replica.c.id == Score.zone_id)
        .where(in_view(principal))
        .execution_options(scope="caller")
    )


def _zone(text: str) -> ColumnElement[bool]:
    return zone_named(reference_in_cell(text))


class ScoreListing(Listing):
    """Zones without a rank come last, whichever way a list is sorted by score or rank."""

    def _sort(self, text: str, sought: Sought | None) -> list[tuple[ColumnElement[Any], bool, type]]:
        keys = super()._sort(text, sought)
        names = [part.strip().removeprefix("-") for part in text.split(",")]
        places = [place for place, name in enumerate(names) if name in {"rank", "score"}]
        if places:
            unranked: ColumnElement[Any] = case((Score.rank.is_(None), 1), else_=0)
            keys.insert(places[0], (unranked, False, int))
        return keys


score_listing = ScoreListing(
    filters={
        "run": Filter(Score.run_id, "uuid", ("eq", "in")),
        "cycle": Filter(kind="reference", condition=of_cycle, description="The cycle's id or code:CODE"),
        "period": Filter(Run.period, "code", ("eq", "in")),
        "zone": Filter(kind="text", condition=_zone, description="A zone's code, id, or ext:SYSTEM:VALUE"),
        "within": Filter(kind="code", condition=within, description="A division and all below it"),
    },
    sorts={
        "rank": (func.coalesce(Score.rank, 0.0), float),
        "score": (func.coalesce(Score.score, 0.0), float),
        "created_at": (Run.created_at, datetime),
    },
    default_sort="-created_at,rank",
    id_column=Score.id,
)


async def find(
    session: AsyncSession, principal: Principal, run_ref: str, zone_ref: str
) -> tuple[Any, Run, Score]:
    """A zone's score in a run; 404 when there is none that the caller may see."""
    statement = (
        visible_to(principal)
        .add_columns(Run, Score)
        .where(Run.id == Reference.from_path(run_ref).id, zone_named(Reference.from_path(zone_ref)))
    )
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound()
    return row, row.Run, row.Score
