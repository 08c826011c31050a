"""Reading runs: national, and seen by all who may read runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import Filter, Listing
from chassis.problems import NotFound
from services.evaluation.cycles.models import Cycle
from services.evaluation.references import named_by
from services.evaluation.runs.models import Run, Score
from services.evaluation.zones import in_view


def runs() -> Select[Run]:
    return select(Run)


def of_cycle(reference: Reference) -> ColumnElement[bool]:
    """The run belongs to the cycle; a deleted cycle's runs are still named by its id."""
    return Run.cycle_id.in_(select(Cycle.id).where(named_by(Cycle, reference)))


run_listing = Listing(
    filters={
        "cycle": Filter(kind="reference", condition=of_cycle, description="The cycle's id or code:CODE"),
        "period": Filter(Run.period, "code", ("eq", "in", "prefix")),
    },
    sorts={"created_at": (Run.created_at, datetime)},
    default_sort="-created_at",
    id_column=Run.id,
)


async def find(session: AsyncSession, ref: str) -> Run:
    """A run by id; it has no code. 404 when there is none."""
    run = await session.scalar(runs().where(Run.id == Reference.from_path(ref).id))
    if run is None:
        raise NotFound()
    return run


async def visible_zones(session: AsyncSession, run: Run, principal: Principal) -> set[str] | None:
    """Codes, as the engine knew them, of the run's zones in the caller's view; None: all of them."""
    if principal.view.everywhere:
        return None
    statement = (
        select(Score.zone_id, Score.zone_code)
        .join(replica, replica.c.id == Score.zone_id)
        .where(Score.run_id == run.id, in_view(principal))
        .execution_options(scope="caller")
    )
    return {row.zone_code or str(row.zone_id) for row in await session.execute(statement)}
