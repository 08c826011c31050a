"""Divisions have editions: an entry holds from the month of its first edition until that of its end."""

from __future__ import annotations

from sqlalchemy import Select, select

from chassis.database import AS_SYSTEM
from chassis.temporal.declaration import Temporal
from chassis.temporal.moment import Moment
from chassis.temporal.reading import at
from services.registry.divisions.models import Division

DIVISION_HISTORY = Temporal(
    "division",
    Division,
    validity=("to_date(t.first_edition, 'YYYYMM')", "to_date(t.gone_by_edition, 'YYYYMM')"),
)


def divisions_at(moment: Moment) -> Select[Division]:
    """Entries as they are on record; those of the moment that is asked about. They belong to no place."""
    statement = select(Division).where(Division.deleted_at.is_(None)).execution_options(**AS_SYSTEM)
    return at(statement, DIVISION_HISTORY, moment)
