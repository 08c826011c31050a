"""`GET /api/v1/<collection>/export`, the same for every collection that takes sheets."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import IO, Annotated, Any, Final

import anyio.to_thread
from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy import Select

from chassis.exports.writing import MEDIA_TYPES, WRITERS, Format
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.imports.importer import Importer
from chassis.listing import Listing, ListQuery
from chassis.problems import InvalidParameter, Issue
from chassis.query_parameters import QueryParameters
from chassis.routing import ResourceRouter, Transaction
from chassis.words import Words

MAX_ROWS: Final = 200_000
_AT_ONCE: Final = 1_000
_IN_MEMORY: Final = 2_000_000
_PIECE_BYTES: Final = 256_000
_CONTENT: Final = {kind: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()}
_OF_PAGES: Final = frozenset({"limit", "cursor", "count", "facets"})


class _Filters(QueryParameters):
    """The filters and the order of a list, without its pages."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self.parameters = [item for item in listing.parameters if item["name"] not in _OF_PAGES]

    async def __call__(self, request: Request) -> ListQuery:
        return await self._listing(request)


def add_exports(
    router: ResourceRouter,
    collection: str,
    permission: str,
    listing: Listing,
    importer: Importer[Any],
    visible_to: Callable[[Principal], Select[Any]],
    differing: Callable[[Any], Mapping[str, Any]] = lambda _: {},
) -> None:
    """Register the export route of `collection`, before the route that reads one of it.

    A column of the import is the attribute of that name of the found row's object, or what `differing` says
    of the row: what is exported and imported again is unchanged.
    """
    access = Annotated[Principal, require(permission)]
    filters = Annotated[ListQuery, Depends(_Filters(listing))]
    columns = list(importer.row.model_fields)

    async def export_rows(
        session: Transaction,
        reader: access,
        query: filters,
        format: Annotated[Format, Query(description="kind of file")] = "csv",  # as it is asked for
    ) -> StreamingResponse:
        order = [key.desc() if down else key.asc() for key, down, _ in query.sort]
        statement = visible_to(reader).where(*query.conditions).order_by(*order).limit(MAX_ROWS + 1)
        found = await session.stream(statement.execution_options(yield_per=_AT_ONCE))
        # kept in a file: the reader may be slow, and the transaction does not wait for readers
        file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # closed when it was sent
        writer = WRITERS[format](file, columns)

        def write(part: Sequence[Any]) -> None:
            for item in part:
                said = differing(item)
                writer.write([said[name] if name in said else getattr(item[0], name) for name in columns])

        count = 0
        try:
            async for part in found.partitions():
                count += len(part)
                if count > MAX_ROWS:
                    words = Words(
                        f"超过 {MAX_ROWS} 行, 请缩小范围", f"More than {MAX_ROWS} rows; narrow it down"
                    )
                    raise InvalidParameter(words, issues=[Issue("too_many_rows", words, parameter="format")])
                await anyio.to_thread.run_sync(write, part)
            await anyio.to_thread.run_sync(writer.close)
        except BaseException:
            writer.discard()
            file.close()
            raise
        size = file.tell()
        file.seek(0)
        headers = {
            "content-disposition": f'attachment; filename="{collection}.{format}"',
            "content-length": str(size),
        }
        return StreamingResponse(_pieces(file), media_type=MEDIA_TYPES[format], headers=headers)

    export_rows.__annotations__ |= {"reader": access, "query": filters, "return": StreamingResponse}
    name = collection.replace("-", "_")
    router.add_api_route(
        f"/{collection}/export",
        export_rows,
        methods=["GET"],
        operation_id=f"export_{name}",
        summary=f"Export {collection} as CSV, XLSX or NDJSON",
        description=(
            f"What the list answers, in its order, at most {MAX_ROWS:,} rows, with the columns of the "
            "import: imported again it changes nothing. In CSV and XLSX a text that a spreadsheet would "
            "take for a formula (it begins with `= + - @`, tab or CR) has an apostrophe before it, which "
            "the import takes away."
        ),
        response_class=StreamingResponse,
        responses={200: {"content": _CONTENT}},
    )


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    try:
        while piece := await anyio.to_thread.run_sync(file.read, _PIECE_BYTES):
            yield piece
    finally:
        file.close()
