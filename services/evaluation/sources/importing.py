"""Sources from a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write_everywhere
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.upserting import Upserted
from chassis.words import Words
from services.evaluation.references import among
from services.evaluation.sources.models import Source
from services.evaluation.sources.queries import live
from services.evaluation.sources.schemas import SourceOut, SourceRow

LABELS = {
    "code": Words("来源代码", "Source code"),
    "title": Words("标题", "Title"),
    "publisher": Words("发布者", "Publisher"),
    "date": Words("日期", "Date"),
    "address": Words("网址", "Address"),
    "licence": Words("许可", "Licence"),
}


async def judge(context: ImportContext, rows: Sequence[Numbered[SourceRow]]) -> list[Verdict]:
    require_write_everywhere(context.actor)
    return [_values(item.row) for item in rows]


def _values(row: SourceRow) -> dict[str, str | None]:
    values = row.model_dump()
    return {**{name: value for name, value in values.items() if name != "date"}, "published": row.date}


async def tell(context: ImportContext, results: Sequence[Upserted]) -> None:
    changed = [result for result in results if result.changed]
    if not changed:
        return
    ids = [outcome.id for outcome in changed]
    statement = live().where(among(Source.id, ids)).execution_options(populate_existing=True)
    rows = {row.id: row for row in await context.session.scalars(statement)}
    events = [
        Change(
            kind="source",
            change=outcome.action,
            subject_id=outcome.id,
            version=rows[outcome.id].version,
            resource=SourceOut.model_validate(rows[outcome.id]).model_dump(mode="json"),
            changed=["date" if name == "published" else name for name in outcome.changed],
        )
        for outcome in changed
    ]
    await emit(context.session, context.actor.subject, events)


SOURCE_IMPORT = Importer(SourceRow, ("code",), Source, ("code",), judge, tell, group="code", labels=LABELS)
