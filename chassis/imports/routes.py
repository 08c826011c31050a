"""`/api/v1/<collection>/imports`, the same for every collection that takes sheets."""

from __future__ import annotations

import zlib
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import anyio.to_thread
from fastapi import Query, Request, Response
from sqlalchemy import Row

from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.annotating import annotated
from chassis.imports.cells import MAX_CELL_CHARACTERS, MAX_COLUMNS, MAX_ROWS
from chassis.imports.committing import commit_plan, digest_text, plan_or_commit, refusal
from chassis.imports.importer import ImportContext, Importer
from chassis.imports.kept_rows import WITH_ISSUES, rows_of
from chassis.imports.plans import find, parts_of, require_room, some_rows
from chassis.imports.report import (
    MAX_ROWS_SHOWN,
    Atomicity,
    Layout,
    Report,
    ReportRow,
    show_counts,
)
from chassis.imports.sheets import CSV, NDJSON, XLSX, kind_of
from chassis.imports.workbooks import MAX_CELLS, MAX_EXPANDED_BYTES
from chassis.language import Language
from chassis.problems import InvalidParameter, Issue
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page, PageInfo
from chassis.words import Words

_ACTIONS = Literal["created", "updated", "unchanged", "deleted", "rejected", "skipped"]
_MAX_PAGE: Final = 500
_LIMITS: Final = (
    f"Limits, answered with 413: {MAX_ROWS:,} rows, {MAX_COLUMNS} columns (400), {MAX_CELL_CHARACTERS:,} "
    f"characters a cell; a workbook {MAX_EXPANDED_BYTES:,} bytes unpacked and {MAX_CELLS:,} cells from A1 to "
    "its last one; the request as a whole as the operator sets (20 MB). Formulas are never evaluated: a cell "
    "that has one is rejected."
)


def add_imports(router: ResourceRouter, collection: str, permission: str, importer: Importer[Any]) -> None:
    """Register the import routes of `collection`."""
    access = Annotated[Principal, require(permission)]
    choice = Annotated[Atomicity, Query(description=_atomicity(importer))]
    name = collection.replace("-", "_")
    path = f"/{collection}/imports"

    async def import_rows(
        request: Request,
        response: Response,
        session: Transaction,
        actor: access,
        language: Language,
        commit: Annotated[bool, Query(description="do at once what the plan says, or 422")] = False,
        atomicity: choice = "all_or_nothing",
    ) -> Report:
        if atomicity == "per_group" and importer.group is None:
            words = Words("此集合没有分组", "This collection has no groups")
            raise InvalidParameter(words, issues=[Issue("no_groups", words, parameter="atomicity")])
        about = {
            "collection": collection,
            "media_type": kind_of(request.headers.get("content-type", "")),
            "atomicity": atomicity,
        }
        if not commit:
            await require_room(session, actor, request.app.state.runtime.settings.own.max_open_plans)
        context = ImportContext(request, session, actor, keep=commit)
        plan = await plan_or_commit(context, importer, await request.body(), about, language=language)
        response.headers["location"] = _path(plan)
        if commit:
            response.status_code = 200
        return await _report(context, plan, language)

    async def read_import(
        request: Request, session: Transaction, actor: access, language: Language, plan_id: UUID
    ) -> Report:
        plan = await find(session, actor, collection, plan_id)
        return await _report(ImportContext(request, session, actor, keep=False), plan, language)

    async def commit_import(
        request: Request,
        response: Response,
        session: Transaction,
        actor: access,
        language: Language,
        plan_id: UUID,
    ) -> Report:
        context = ImportContext(request, session, actor, keep=True)
        plan = await find(session, actor, collection, plan_id, lock=True, whole=True)
        if plan.committed_at is not None:
            response.headers["idempotent-replayed"] = "true"
            return await _report(context, plan, language)
        if plan.atomicity == "all_or_nothing" and plan.counts.get("rejected"):
            raise refusal(await _report(context, plan, language))
        return await _report(context, await commit_plan(context, importer, plan), language)

    async def list_rows(
        request: Request,
        session: Transaction,
        actor: access,
        language: Language,
        plan_id: UUID,
        action: Annotated[_ACTIONS | None, Query(description="only rows of this outcome")] = None,
        limit: Annotated[int, Query(ge=1, description=f"At most {_MAX_PAGE}")] = 50,
        cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    ) -> Page[ReportRow]:
        plan = await find(session, actor, collection, plan_id)
        cursors = request.app.state.runtime.cursors
        binding, limit = f"{request.url.path}?{action}", min(limit, _MAX_PAGE)
        after = 0 if cursor is None else cursors.read(binding, cursor, [int])[0]
        counted = [action] if action else list(_ACTIONS.__args__)  # type: ignore[attr-defined]  # a Literal
        rows = await some_rows(session, plan.id, counted, after=after, limit=limit + 1)
        following = None
        if more := len(rows) > limit:
            following = cursors.make(binding, [rows[limit - 1].number])
            url = request.url.include_query_params(cursor=following)
            request.state.link = f'<{url.path}?{url.query}>; rel="next"'
        page = PageInfo(limit=limit, next_cursor=following, has_more=more)
        return Page(items=_layout(plan).show(rows[:limit], language), page=page)

    for handler in (import_rows, read_import, commit_import, list_rows):
        # locals, which FastAPI could not resolve from strings
        handler.__annotations__["actor"] = access
    import_rows.__annotations__["atomicity"] = choice
    router.add_api_route(
        path,
        import_rows,
        methods=["POST"],
        status_code=201,
        operation_id=f"import_{name}",
        summary=f"Plan an import of {collection}, or import at once",
        description=_description(importer),
        responses={200: {"model": Report, "description": "Done (commit=true)"}},
        openapi_extra=_body(importer),
    )
    router.add_api_route(
        f"{path}/{{plan_id}}",
        read_import,
        methods=["GET"],
        operation_id=f"get_{name}_import",
        summary=f"Read the plan of an import of {collection}",
        description="The plan's maker, and whoever writes nationwide, may read it, for 24 hours.",
    )
    router.add_api_route(
        f"{path}/{{plan_id}}/commit",
        commit_import,
        methods=["POST"],
        operation_id=f"commit_{name}_import",
        summary=f"Do what the plan of an import of {collection} says",
        description=(
            "All of it exactly as the plan says, or 409 `plan_outdated` whose `rows` name what changed "
            "since. A plan with rejected rows that is all or nothing answers 422. A second commit answers "
            "what the first one did."
        ),
    )
    router.add_api_route(
        f"{path}/{{plan_id}}/rows",
        list_rows,
        methods=["GET"],
        operation_id=f"list_{name}_import_rows",
        summary=f"What becomes of each row of an import of {collection}",
        description="In the order of the sheet.",
    )
    _add_annotated(router, collection, access)


def _add_annotated(router: ResourceRouter, collection: str, access: Any) -> None:
    async def annotate(session: Transaction, actor: access, language: Language, plan_id: UUID) -> Response:
        plan = await find(session, actor, collection, plan_id, whole=True)
        parts = await parts_of(session, plan.id)

        def make() -> bytes:
            content = zlib.decompress(plan.content)
            return annotated(content, plan.media_type, _layout(plan), rows_of(parts), language)

        headers = {"content-disposition": f'attachment; filename="{collection}-annotated.xlsx"'}
        return Response(await anyio.to_thread.run_sync(make), media_type=XLSX, headers=headers)

    annotate.__annotations__ |= {"actor": access, "return": Response}
    router.add_api_route(
        f"/{collection}/imports/{{plan_id}}/annotated.xlsx",
        annotate,
        methods=["GET"],
        operation_id=f"annotate_{collection.replace('-', '_')}_import",
        summary=f"The sheet of an import of {collection} with its faults marked",
        description=(
            "Of a workbook the same book, of another file its rows as a workbook: faulty cells are filled "
            "and commented (at most 2,000), and a further sheet lists all faults (at most 20,000)."
        ),
        response_class=Response,
        responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}},
    )


def _atomicity(importer: Importer[Any]) -> str:
    if importer.group is None:
        return "this collection takes all or nothing"
    return f"per_group: the rows of one `{importer.group}` stand or fall together, the others go in"


def _description(importer: Importer[Any]) -> str:
    return (
        f"Upsert by {', '.join(importer.key)}. Columns: `{','.join(importer.row.model_fields)}`; headings "
        "may also be the labels in Chinese or English. CSV is UTF-8 or GB18030.\n\n"
        "Answers a plan that is kept for 24 hours and changes nothing; `commit=true` does it at once, and "
        f"rejected rows then answer 422 with the same report. As many plans of one caller as the "
        f"operator sets (20) may wait for their commit: a further one is 429 `too_many_plans`.\n\n{_LIMITS}"
    )


def _body(importer: Importer[Any]) -> dict[str, Any]:
    header = ",".join(importer.row.model_fields)
    return {
        "x-raw-body": True,
        "requestBody": {
            "required": True,
            "content": {
                CSV: {"schema": {"type": "string"}, "example": header + "\n"},
                NDJSON: {"schema": {"type": "string"}, "example": "{}\n"},
                XLSX: {"schema": {"type": "string", "format": "binary"}},
            },
        },
    }


def _path(plan: Row[Any]) -> str:
    return f"/api/v1/{plan.collection}/imports/{plan.id}"


def _layout(plan: Row[Any]) -> Layout:
    return Layout(plan.sheet, plan.header, plan.shown)


async def _report(context: ImportContext, plan: Row[Any], language: str) -> Report:
    flawed = plan.counts.get(WITH_ISSUES, 0)
    rows: list[ReportRow] = []
    if flawed:
        found = await some_rows(context.session, plan.id, [WITH_ISSUES], after=0, limit=MAX_ROWS_SHOWN)
        rows = _layout(plan).show(found, language)
    return Report(
        id=plan.id,
        mode="dry_run" if plan.committed_at is None else "commit",
        atomicity=plan.atomicity,
        counts=show_counts(plan.counts),
        rows=rows,
        rows_left_out=flawed - len(rows),
        plan_digest=digest_text(plan.digest),
        annotated_file=f"{_path(plan)}/annotated.xlsx",
        created_at=plan.created_at,
        expires_at=plan.expires_at,
        committed_at=plan.committed_at,
    )
