"""`/<collection>/{ref}/documents`, the same for every collection whose objects have documents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from chassis.described_headers import header
from chassis.documents.categories import OTHER
from chassis.documents.digests import digest_field
from chassis.documents.file_names import attachment
from chassis.documents.intake import FileIntake, Upload
from chassis.documents.media_types import ALLOWED
from chassis.documents.ranges import requested_range
from chassis.documents.schemas import DocumentOut, DocumentPatch
from chassis.documents.tables import Document
from chassis.documents.writing import AS_PARENT, DocumentsOf
from chassis.etag import IfMatch, check_version, not_modified
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.listing import Filter, Listing, ListQuery, fetch_page
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from chassis.text import Code, Text
from chassis.tracing import TRACED

LISTING = Listing(
    filters={
        "id": Filter(Document.id, "uuid", ("eq", "in")),
        "name": Filter(Document.name, "text", ("eq", "contains")),
        "category": Filter(Document.category, "code", ("eq", "ne", "in", "nin")),
        "media_type": Filter(Document.media_type, "text", ("eq", "ne", "in", "nin", "prefix")),
        "sha256": Filter(Document.sha256, "text", ("eq", "in")),
    },
    sorts={
        "created_at": (Document.created_at, datetime),
        "updated_at": (Document.updated_at, datetime),
        "size": (Document.size, int),
    },
    default_sort="-created_at",
    id_column=Document.id,
)
_UPLOAD = """The body is the file itself. `Content-Disposition: attachment; filename*=UTF-8''…` names it
(percent-encoded UTF-8); `Content-Type` may be left out, and is checked against what the bytes are.
`Content-Digest: sha-256=:…:` (RFC 9530) is verified if it is sent. In a browser:

```js
fetch(`/api/v1/{collection}/${{id}}/documents?category=report`, {{method: "POST", body: file, headers: {{
  "Content-Disposition": `attachment; filename*=UTF-8''${{encodeURIComponent(file.name)}}`, …}}}})
```"""
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_CONTENT: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file, of its own type", "content": {"*/*": _BINARY}},
    206: {"description": "The range that was asked for", "content": {"*/*": _BINARY}},
    304: {"description": "The client has it already"},
}
# what a browser does with the file, should it open it after all: nothing
_HARMLESS = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox; default-src 'none'"}


def add_documents(router: ResourceRouter, documents: DocumentsOf, read: str, write: str) -> None:
    """Register the routes of the documents of a collection, with the permissions to read and to write."""
    can_read = Annotated[Principal, require(read)]
    can_write = Annotated[Principal, require(write)]
    taken = Annotated[Upload, Depends(FileIntake(documents.admit))]
    query = Annotated[ListQuery, Depends(LISTING)]
    collection = documents.collection
    one = collection.replace("-", "_").removesuffix("s")
    base = f"/{collection}/{{ref}}/documents"

    async def upload_document(
        actor: can_write,
        ref: str,
        upload: taken,
        request: Request,
        response: Response,
        session: Transaction,
        category: Annotated[
            Code, Query(description="A term of the vocabulary `<collection>.document_category`")
        ] = OTHER,
        description: Annotated[Text | None, Query()] = None,
    ) -> DocumentOut:
        store = request.app.state.runtime.documents
        values = {"category": category, "description": description}
        row = await documents.create(session, store, ref, upload, values, actor)
        response.headers["location"] = f"/api/v1/{collection}/{row.parent_id}/documents/{row.id}"
        return documents.show(row)

    async def list_documents(
        reader: can_read, ref: str, asked: query, session: Transaction
    ) -> Page[DocumentOut]:
        """Documents of the object, the newest first."""
        place = await documents.find_place(session, reader, ref, lock=False)
        statement = select(Document).where(
            Document.collection == collection,
            Document.parent_id == place.id,
            Document.deleted_at.is_(None),
        )
        rows, page = await fetch_page(session, statement.execution_options(**AS_PARENT), asked)
        return Page(items=[documents.show(row[0]) for row in rows], page=page)

    async def get_document(reader: can_read, ref: str, document: str, session: Transaction) -> DocumentOut:
        """What is known of the file; its bytes are at `content_url`."""
        return documents.show((await documents.find(session, reader, ref, document))[1])

    async def change_document(
        actor: can_write, ref: str, document: str, version: IfMatch, body: DocumentPatch, session: Transaction
    ) -> DocumentOut:
        """Name, category and description, as a merge patch under If-Match; the content never changes."""
        place, row = await documents.find(session, actor, ref, document, lock=True)
        await check_version(session, row, version, documents.show(row))
        await documents.change(session, place, row, body, actor)
        return documents.show(row)

    async def delete_document(
        actor: can_write, ref: str, document: str, version: IfMatch, session: Transaction
    ) -> None:
        """Soft deletion under If-Match; the content is kept."""
        place, row = await documents.find(session, actor, ref, document, lock=True)
        await check_version(session, row, version, documents.show(row))
        await documents.remove(session, place, row, actor)

    async def download_document(
        reader: can_read, ref: str, document: str, request: Request, session: Transaction
    ) -> Response:
        """The bytes. Takes `Range` with `If-Range` (one range), `If-None-Match`, and HEAD."""
        row = (await documents.find(session, reader, ref, document))[1]
        return await content_of(request, row)

    routes: list[tuple[str, str, Any, str, dict[str, Any]]] = [
        ("POST", base, upload_document, f"upload_{one}_document", _upload_options(collection)),
        ("GET", base, list_documents, f"list_{one}_documents", {}),
        ("GET", base + "/{document}", get_document, f"get_{one}_document", {}),
        ("PATCH", base + "/{document}", change_document, f"change_{one}_document", {}),
        ("DELETE", base + "/{document}", delete_document, f"delete_{one}_document", {"status_code": 204}),
        (
            "GET",
            base + "/{document}/content",
            download_document,
            f"download_{one}_document",
            {"response_model": None, "response_class": StreamingResponse, "responses": _CONTENT},
        ),
    ]
    # the annotations are locals, which FastAPI could not resolve from strings
    local = {"can_read": can_read, "can_write": can_write, "taken": taken, "query": query}
    for method, path, endpoint, name, options in routes:
        for parameter, annotation in endpoint.__annotations__.items():
            endpoint.__annotations__[parameter] = local.get(annotation, annotation)
        summary = name.replace("_", " ").capitalize()
        router.add_api_route(path, endpoint, methods=[method], operation_id=name, summary=summary, **options)


def _upload_options(collection: str) -> dict[str, Any]:
    content: dict[str, Any] = dict.fromkeys(ALLOWED, _BINARY)
    content["text/csv"] = {"schema": {"type": "string"}, "example": "year,trees\n2024,1200\n"}
    disposition = {
        **header("Content-Disposition", "Names the file, in percent-encoded UTF-8", required=True),
        "example": "attachment; filename*=UTF-8''%E6%89%B9%E5%A4%8D.pdf",
    }
    return {
        "status_code": 201,
        "description": _UPLOAD.format(collection=collection),
        "openapi_extra": {
            "parameters": [disposition],
            "requestBody": {"required": True, "content": content},
        },
    }


async def content_of(request: Request, row: Document) -> Response:
    """The answer with the document's bytes, or the part that is asked for; 416 for one that is not there."""
    etag = f'"{row.sha256[:32]}"'
    headers = {
        **_HARMLESS,
        "etag": etag,
        "accept-ranges": "bytes",
        "content-type": row.media_type,
        "content-disposition": attachment(row.name),
        "repr-digest": digest_field(row.sha256),
        "cache-control": "private, no-cache",
        "vary": "Authorization",
    }
    if not_modified(request, Response(headers={"etag": etag})):
        return Response(status_code=304, headers=headers)
    if request.scope.get(TRACED) == "HEAD":  # the bytes would only be read to be thrown away
        return Response(headers={**headers, "content-length": str(row.size)})
    asked = requested_range(request.headers.get("range"), request.headers.get("if-range"), etag, row.size)
    start, end = asked or (0, row.size)
    headers["content-length"] = str(end - start)
    if asked is not None:
        headers["content-range"] = f"bytes {start}-{end - 1}/{row.size}"
    chunks = await request.app.state.runtime.documents.read(row.sha256, start, end)
    return StreamingResponse(chunks, 206 if asked else 200, headers)
