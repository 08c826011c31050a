"""Paths of sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends

from chassis.feed.outbox import Change, emit
from chassis.identity.access import require, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.imports.routes import add_imports
from chassis.listing import EXACT, TEXT, Facet, Filter, Listing, ListQuery, fetch_page
from chassis.problems import NotFound
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.upserting import Upserted
from chassis.words import Words
from services.evaluation.references import among, named_by
from services.evaluation.sources.models import Source
from services.evaluation.sources.queries import live
from services.evaluation.sources.schemas import SourceOut, SourceRow

router = ResourceRouter("sources")
LABELS = {
    "code": Words("来源代码", "Source code"),
    "title": Words("标题", "Title"),
    "publisher": Words("发布者", "Publisher"),
    "date": Words("日期", "Date"),
    "address": Words("网址", "Address"),
    "licence": Words("许可", "Licence"),
}
CanRead = Annotated[Principal, require("reference.read")]
sources = Listing(
    filters={
        "id": Filter(Source.id, "uuid"),
        "code": Filter(Source.code, "code", (*EXACT, "prefix")),
        "title": Filter(Source.title, "text", TEXT),
        "publisher": Filter(Source.publisher, "text", (*TEXT, "isnull")),
    },
    sorts={"code": (Source.code, str)},
    default_sort="code",
    id_column=Source.id,
    searched=Source,
    facets={"publisher": Facet(Source.publisher)},
)


@router.get("/sources", operation_id="list_sources", summary="List sources")
async def list_sources(
    _reader: CanRead, session: Transaction, query: Annotated[ListQuery, Depends(sources)]
) -> Page[SourceOut]:
    """Sources of figures and facts, by code unless asked otherwise."""
    rows, page = await fetch_page(session, live(), query)
    return Page(items=[SourceOut.model_validate(row.Source) for row in rows], page=page)


@router.get("/sources/{ref}", operation_id="get_source", summary="Read a source")
async def get_source(ref: str, _reader: CanRead, session: Transaction) -> SourceOut:
    """One source, by id or code."""
    row = await session.scalar(live().where(named_by(Source, Reference.from_path(ref))))
    if row is None:
        raise NotFound()
    return SourceOut.model_validate(row)


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
add_imports(router, "sources", "reference.write", SOURCE_IMPORT)
