"""Statements over observations; every read for a caller starts from `visible_to`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.base_tables import replica
from chassis.calendar import bounds
from chassis.database import AS_SYSTEM
from chassis.feed.outbox import Change
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import Filter, Listing
from chassis.problems import NotFound
from services.evaluation.cycles.schemas import CodedRef
from services.evaluation.frameworks.models import Indicator
from services.evaluation.observations.models import Observation
from services.evaluation.observations.schemas import STATUSES, ObservationOut
from services.evaluation.references import named_by, reference_in_cell
from services.evaluation.zones import in_view, names_of, stands_in, within, zone_named, zone_ref


def visible_to(principal: Principal) -> Select[Any]:
    """Rows of (Observation, Indicator, zone_code, zone_resource, zone_path) that the caller may see."""
    return (
        _shown()
        .where(in_view(principal), ~replica.c.deleted, Observation.deleted_at.is_(None))
        .execution_options(scope="caller")
    )


def _shown() -> Select[Any]:
    return (
        select(
            Observation,
            Indicator,
            replica.c.code.label("zone_code"),
            replica.c.resource.label("zone_resource"),
            replica.c.division_path.label("zone_path"),
        )
        .join(replica, replica.c.id == Observation.zone_id)
        .join(Indicator, Indicator.id == Observation.indicator_id)
    )


async def lock_of_zone(session: AsyncSession, zone_id: UUID, after: UUID | None, most: int) -> Sequence[Any]:
    """Rows as of `visible_to` of one zone, seen by whom it may be, in the order of their ids."""
    statement = _shown().where(Observation.zone_id == zone_id, Observation.deleted_at.is_(None))
    if after is not None:
        statement = statement.where(Observation.id > after)
    statement = statement.order_by(Observation.id).limit(most).with_for_update(of=Observation)
    options = {**AS_SYSTEM, "populate_existing": True}
    rows: Sequence[Any] = (await session.execute(statement, execution_options=options)).all()
    return rows


def _zone(text: str) -> ColumnElement[bool]:
    return zone_named(reference_in_cell(text))


def _indicator(text: str) -> ColumnElement[bool]:
    return named_by(Indicator, reference_in_cell(text))


observations = Listing(
    filters={
        "zone": Filter(kind="text", condition=_zone, description="A zone's code, id, or ext:SYSTEM:VALUE"),
        "within": Filter(kind="code", condition=within, description="A division and all below it"),
        "indicator": Filter(kind="text", condition=_indicator, description="An indicator's code or id"),
        "period": Filter(Observation.period, "code", ("eq", "in", "prefix")),
        "status": Filter(Observation.status, "enum", ("eq", "ne", "in", "nin"), STATUSES),
        "updated_at": Filter(Observation.updated_at, "instant", ("gt", "gte", "lt", "lte")),
    },
    sorts={
        "zone": (func.coalesce(replica.c.code, "", type_=String), str),
        "indicator": (Indicator.code, str),
        "period": (Observation.period, str),
        "updated_at": (Observation.updated_at, datetime),
    },
    default_sort="zone,indicator,period",
    id_column=Observation.id,
)


async def find(session: AsyncSession, principal: Principal, ref: str, *, lock: bool = False) -> Any:
    """The row of `visible_to`, locked for a change if asked; 404 when the caller may see none."""
    statement = visible_to(principal).where(_identified(Reference.from_path(ref).id))
    if lock:
        # the zone first, as the feed does: so no event tells of an observation with the zone as it was before
        zone = statement.with_only_columns(replica.c.id).with_for_update(read=True, of=replica)
        await session.execute(zone)
        statement = statement.with_for_update(of=Observation)
    row = (await session.execute(statement, execution_options={"populate_existing": True})).one_or_none()
    if row is None:
        raise NotFound()
    return row


def _identified(observation_id: UUID | None) -> ColumnElement[bool]:
    """An observation has no code; any other reference names none."""
    return Observation.id == observation_id


def event(row: Any, change: str, changed: Iterable[str]) -> Change:
    """What the feed says of a row of `visible_to` that this transaction has locked."""
    observation = row.Observation
    return Change(
        kind="observation",
        change=change,
        subject_id=observation.id,
        version=observation.version,
        resource=show(row, "zh-Hans").model_dump(mode="json", by_alias=True),
        changed=changed,
        division_path=row.zone_path,
        zone_id=observation.zone_id,
    )


def show(row: Any, language: str) -> ObservationOut:
    """One row of `visible_to` as it is answered."""
    observation, indicator, resource = row.Observation, row.Indicator, row.zone_resource
    start, end = bounds(observation.period)
    stored = (
        "id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at",
        "period", "status", "value", "reference_division", "source", "note",
    )  # fmt: skip
    return ObservationOut(
        **{name: getattr(observation, name) for name in stored},
        zone=zone_ref(observation.zone_id, row.zone_code, names_of(resource), language),
        indicator=CodedRef(id=indicator.id, code=indicator.code),
        period_start=start,
        period_end=end,
        unit=indicator.unit,
        stands_in=stands_in(resource, observation.reference_division),
    )
