"""Divisions from a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write_everywhere
from chassis.ids import new_id
from chassis.imports.report import Outcome
from chassis.imports.routes import ImportContext, Importer, Numbered
from chassis.resource import upsert
from chassis.temporal.recording import Recorded, record
from services.registry.divisions import rules
from services.registry.divisions.history import DIVISION_HISTORY
from services.registry.divisions.models import Division
from services.registry.divisions.schemas import DivisionRow

KEY = ("system", "code", "first_edition")


async def apply(context: ImportContext, rows: Sequence[Numbered[DivisionRow]]) -> list[Outcome]:
    """Upsert by (system, code, first edition); nationwide writers only.

    One event tells of the whole import: divisions are read by their edition, not one by one.
    """
    require_write_everywhere(context.actor)
    values = [
        {**item.row.model_dump(), "level": rules.level(item.row.code), "path": rules.path(item.row.code)}
        for item in rows
    ]
    results = await upsert(context.session, Division, values, KEY, context.actor.subject)
    written = [result for result in results if result.action != "unchanged"]
    if written:
        batch = Change(
            kind="division_batch",
            change="created",
            subject_id=new_id(),
            version=1,
            resource={"codes": sorted({result.values["code"] for result in written})},
        )
        await emit(context.session, context.actor.subject, [batch])
        recorded = [Recorded(result.id, batch.event_id, result.changed) for result in written]
        await record(context.session, DIVISION_HISTORY, context.actor.subject, recorded)
    return [
        Outcome(item.number, result.action, {name: result.values[name] for name in KEY})
        for item, result in zip(rows, results, strict=True)
    ]


DIVISION_IMPORT = Importer(DivisionRow, KEY, apply)
