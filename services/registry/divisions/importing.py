"""Divisions from a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write_everywhere
from chassis.ids import new_id
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.temporal.recording import Recorded, record
from chassis.upserting import Upserted
from chassis.words import Words
from services.registry.divisions import rules
from services.registry.divisions.history import DIVISION_HISTORY
from services.registry.divisions.models import Division
from services.registry.divisions.schemas import DivisionRow

KEY = ("system", "code", "first_edition")
LABELS = {
    "system": Words("代码体系", "Code system"),
    "code": Words("区划代码", "Division code"),
    "name": Words("名称", "Name"),
    "first_edition": Words("首个版本", "First edition"),
    "gone_by_edition": Words("废止版本", "Gone by edition"),
    "longitude": Words("经度", "Longitude"),
    "latitude": Words("纬度", "Latitude"),
    "source": Words("来源", "Source"),
}


async def judge(context: ImportContext, rows: Sequence[Numbered[DivisionRow]]) -> list[Verdict]:
    """Whatever passed the schema; nationwide writers only."""
    require_write_everywhere(context.actor)
    return [
        {**item.row.model_dump(), "level": rules.level(item.row.code), "path": rules.path(item.row.code)}
        for item in rows
    ]


async def tell(context: ImportContext, results: Sequence[Upserted]) -> None:
    """One event tells of some thousand rows: divisions are read by their edition, not one by one."""
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


DIVISION_IMPORT = Importer(DivisionRow, KEY, Division, KEY, judge, tell, labels=LABELS)
