"""`GET /api/v1/schedules`: for operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict
from sqlalchemy import column, select, table, tuple_

from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import require_source
from chassis.routing import ResourceRouter, Transaction
from chassis.schedules.running import Schedule
from chassis.schemas import Instant, Names, Out

_STORED = table(
    "pgqueuer_schedules", column("entrypoint"), column("expression"), column("last_run"), column("next_run")
)
_EXAMPLE: dict[str, Any] = {
    "name": "idempotency.forget",
    "cron": "7 * * * *",
    "title": "Forget answers under an Idempotency-Key after 48 h",
    "titles": {
        "zh-Hans": "清除 48 小时前的幂等应答",
        "en": "Forget answers under an Idempotency-Key after 48 h",
    },
    "last_run": "2026-11-24T08:07:00.000Z",
    "next_run": "2026-11-24T09:07:00.000Z",
}


class ScheduleOut(Out):
    """`cron` in UTC; `last_run` is null before the first, `next_run` before a worker has seen it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    cron: str
    title: str
    titles: Names
    last_run: Instant | None
    next_run: Instant | None


class Schedules(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_EXAMPLE]}]})

    items: list[ScheduleOut]


def schedule_router(schedules: Sequence[Schedule]) -> APIRouter:
    """The route that lists the schedules of one service."""
    router = ResourceRouter("schedules")

    @router.get("/schedules", operation_id="list_schedules", summary="List schedules")
    async def list_schedules(
        request: Request,
        _operator: Annotated[Principal, require("operation.manage")],
        session: Transaction,
        language: Language,
        source: Annotated[str, Query(description="The service whose schedules are listed")] = "",
    ) -> Schedules:
        """What a service does by the clock, and when it last did."""
        require_source(request, source)
        declared = [(schedule.name, schedule.cron) for schedule in schedules]
        named = tuple_(_STORED.c.entrypoint, _STORED.c.expression).in_(declared)
        rows = (await session.execute(select(_STORED).where(named))).all()
        stored = {(row.entrypoint, row.expression): row for row in rows}
        return Schedules(
            items=[
                _show(schedule, stored.get((schedule.name, schedule.cron)), language)
                for schedule in schedules
            ]
        )

    return router


def _show(schedule: Schedule, row: Any, language: str) -> ScheduleOut:
    return ScheduleOut(
        name=schedule.name,
        cron=schedule.cron,
        title=schedule.title.pick(language),
        titles=Names(zh=schedule.title.zh, en=schedule.title.en),
        last_run=row.last_run if row is not None else None,
        next_run=row.next_run if row is not None else None,
    )
