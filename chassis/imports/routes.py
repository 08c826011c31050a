"""`POST /api/v1/<collection>/imports`, the same for every collection that takes sheets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import anyio.to_thread
from fastapi import Query, Request
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import roll_back_only
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.report import Outcome, Report, make_report
from chassis.imports.sheets import CSV, XLSX, Sheet, SheetRow, read_sheet
from chassis.language import caller_language
from chassis.problem_responses import issue_from_pydantic
from chassis.problems import ImportRejected, Issue
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import In
from chassis.words import Words

R = TypeVar("R", bound=In)


@dataclass(frozen=True)
class Numbered(Generic[R]):
    """A row that passed its schema, with its number in the sheet."""

    number: int
    row: R


@dataclass(frozen=True)
class ImportContext:
    request: Request
    session: AsyncSession
    actor: Principal


@dataclass(frozen=True)
class Importer(Generic[R]):
    """How a collection takes rows.

    `row` is the schema, its members are the columns; `key` names the members that identify an object;
    `apply` writes all rows with set-based statements and tells each row's outcome. It may reject rows; then
    nothing of the import is kept.
    """

    row: type[R]
    key: tuple[str, ...]
    apply: Callable[[ImportContext, Sequence[Numbered[R]]], Awaitable[list[Outcome]]]


def add_imports(router: ResourceRouter, collection: str, permission: str, importer: Importer[Any]) -> None:
    """Register the import route of `collection`."""
    access = Annotated[Principal, require(permission)]

    async def import_rows(
        request: Request,
        session: Transaction,
        actor: access,
        commit: Annotated[bool, Query(description="false answers the report and keeps nothing")] = False,
    ) -> Report:
        context = ImportContext(request, session, actor)
        return await run_import(context, importer, commit=commit)

    # the annotation is a local, which FastAPI could not resolve from a string
    import_rows.__annotations__["actor"] = access
    name = collection.replace("-", "_")
    binary = {"schema": {"type": "string", "format": "binary"}}
    header = ",".join(importer.row.model_fields)
    router.add_api_route(
        f"/{collection}/imports",
        import_rows,
        methods=["POST"],
        operation_id=f"import_{name}",
        summary=f"Import {collection} from CSV or XLSX",
        description=(
            f"Upsert by {', '.join(importer.key)}, all or nothing. Columns: `{header}`.\n\n"
            "Without `commit=true` the report says what would happen and nothing is kept; with it, rejected "
            "rows answer 422 with the same report."
        ),
        openapi_extra={
            "x-raw-body": True,
            "requestBody": {
                "required": True,
                "content": {CSV: {"schema": {"type": "string"}, "example": header + "\n"}, XLSX: binary},
            },
        },
    )


async def run_import(context: ImportContext, importer: Importer[Any], *, commit: bool) -> Report:
    """Read, validate, apply; keep everything or nothing.

    A preview does all that a commit does and rolls back, so that it cannot say anything else.
    """
    request = context.request
    media_type = request.headers.get("content-type", "")
    sheet = await anyio.to_thread.run_sync(read_sheet, await request.body(), media_type)
    outcomes, valid = validate(sheet, importer)
    if valid:
        outcomes += await importer.apply(context, valid)
    language = caller_language(request)
    report = make_report(sheet, outcomes, commit=commit, language=language)
    if commit and report.counts.rejected:
        count = report.counts.rejected
        raise ImportRejected(
            Words(f"{count} 行被拒绝, 未保存任何内容", f"{count} row(s) rejected; nothing was kept"),
            members={"report": report.model_dump(mode="json")},
        )
    if not commit:
        roll_back_only(context.session)
    return report


def validate(sheet: Sheet, importer: Importer[R]) -> tuple[list[Outcome], list[Numbered[R]]]:
    """Outcomes of the rows that break the schema or repeat a key, and the rows that may be applied."""
    known = list(importer.row.model_fields)
    unknown = [name for name in sheet.header if name not in known]
    required = [name for name, field in importer.row.model_fields.items() if field.is_required()]
    missing = [name for name in required if name not in sheet.header]
    faults = [_header_issue("unknown_column", Words("未知的列", "Unknown column"), name) for name in unknown]
    faults += [_header_issue("missing_column", Words("缺少列", "Missing column"), name) for name in missing]
    outcomes: list[Outcome] = []
    valid: list[Numbered[R]] = []
    seen: dict[tuple[Any, ...], int] = {}
    if faults and not sheet.rows:  # else a sheet with nothing but a wrong header would pass as empty
        outcomes.append(Outcome(1, "rejected", dict.fromkeys(importer.key), faults))
    for line in sheet.rows:
        key = {name: line.cells.get(name) for name in importer.key}
        if faults:
            outcomes.append(Outcome(line.number, "rejected", key, faults))
            continue
        row, issues = _row(line, importer.row)
        if row is not None:
            identity = tuple(getattr(row, name) for name in importer.key)
            if identity in seen:
                words = Words("与第 {first} 行的键重复", "The same key as in row {first}").filled(
                    first=seen[identity]
                )
                issues = [
                    Issue("duplicate_key", words, parameter=importer.key[0], params={"row": seen[identity]})
                ]
            seen.setdefault(identity, line.number)
        if row is None or issues:
            outcomes.append(Outcome(line.number, "rejected", key, issues))
        else:
            valid.append(Numbered(line.number, row))
    return outcomes, valid


def _row(line: SheetRow, model: type[R]) -> tuple[R | None, list[Issue]]:
    given = {name: text for name, text in line.cells.items() if text}
    try:
        return model.model_validate(given), []
    except ValidationError as error:
        return None, [_column_issue(issue_from_pydantic(item)) for item in error.errors()]


def _column_issue(issue: Issue) -> Issue:
    """A pointer's first part is the column."""
    name = (issue.pointer or "#").removeprefix("#/").split("/")[0].removeprefix("#")
    return Issue(issue.code, issue.detail, parameter=name or None, params=issue.params)


def _header_issue(code: str, words: Words, name: str) -> Issue:
    return Issue(code, Words(f"{words.zh} {name[:60]}", f"{words.en} {name[:60]}"), parameter=name[:60])
