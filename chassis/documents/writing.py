"""Changing documents; every change is told to the feed with the place of the object they belong to."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.documents.intake import Upload
from chassis.documents.schemas import DocumentOut, DocumentParent, DocumentPatch
from chassis.documents.store import DocumentStore
from chassis.documents.tables import Document
from chassis.feed.outbox import Change, emit
from chassis.identity.access import require_write
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.problems import InvalidParameter, Issue, NotFound, ValidationFailed
from chassis.resource import revise, touch
from chassis.vocabularies.reading import check_term, read_edition, term_issue
from chassis.vocabularies.terms import Vocabulary
from chassis.words import Words

AS_PARENT = {"scope": "parent"}  # the object that they belong to was found in the caller's scope
_NEEDED = Words("不得为空", "Must not be null")


@dataclass(frozen=True)
class Place:
    """The object that documents belong to, and where it lies."""

    id: UUID
    division_path: tuple[str, ...]
    zone_id: UUID | None


class FindPlace(Protocol):
    """The object named `ref` that the caller may see, held until the transaction ends if `lock`; else 404."""

    def __call__(
        self, session: AsyncSession, principal: Principal, ref: str, *, lock: bool
    ) -> Awaitable[Place]: ...


@dataclass(frozen=True)
class DocumentsOf:
    """The documents of one collection."""

    collection: str
    find_place: FindPlace
    categories: Vocabulary

    @staticmethod
    def show(row: Document) -> DocumentOut:
        stored = {
            name: getattr(row, name)
            for name in DocumentOut.model_fields
            if name not in {"parent", "content_url"}
        }
        return DocumentOut(
            **stored,
            parent=DocumentParent(collection=row.collection, id=row.parent_id),
            content_url=f"/api/v1/{row.collection}/{row.parent_id}/documents/{row.id}/content",
        )

    async def find(
        self, session: AsyncSession, principal: Principal, ref: str, document: str, *, lock: bool = False
    ) -> tuple[Place, Document]:
        """A document of an object that the caller may see; 404 if there is none."""
        place = await self.find_place(session, principal, ref, lock=lock)
        statement = select(Document).where(
            Document.collection == self.collection,
            Document.parent_id == place.id,
            Document.id == Reference.from_path(document).id,
            Document.deleted_at.is_(None),
        )
        if lock:
            statement = statement.with_for_update()
        row = await session.scalar(statement, execution_options=AS_PARENT)
        if row is None:
            raise NotFound()
        return place, row

    async def admit(self, session: AsyncSession, actor: Principal, ref: str, *, lock: bool = False) -> Place:
        """The place for a new document; 404 or 403 if the caller may not add one there."""
        place = await self.find_place(session, actor, ref, lock=lock)
        require_write(actor, place.division_path, place.zone_id)
        return place

    async def create(
        self,
        session: AsyncSession,
        store: DocumentStore,
        ref: str,
        upload: Upload,
        values: Mapping[str, Any],
        actor: Principal,
    ) -> Document:
        """Keep an upload; its content stands in the store before the row is committed."""
        await check_category(session, self.categories, values["category"])
        place = await self.admit(session, actor, ref, lock=True)
        await hold_content(session, upload.received.sha256)
        await store.keep(upload.received)
        row = Document(
            collection=self.collection,
            parent_id=place.id,
            name=upload.name,
            media_type=upload.media_type,
            size=upload.received.size,
            sha256=upload.received.sha256,
            **values,
            version=1,
            created_by=actor.subject,
            updated_by=actor.subject,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row, ["created_at", "updated_at"])
        await self._tell(session, actor, place, row, "created", ["category", "name", "sha256"])
        return row

    async def change(
        self, session: AsyncSession, place: Place, row: Document, patch: DocumentPatch, actor: Principal
    ) -> None:
        """Apply a merge patch to a locked row; what changes nothing tells nothing."""
        require_write(actor, place.division_path, place.zone_id)
        values = {name: getattr(patch, name) for name in patch.model_fields_set}
        missing = [name for name in ("name", "category") if name in values and values[name] is None]
        if missing:
            issues = [Issue("required", _NEEDED, pointer=f"#/{name}") for name in missing]
            raise ValidationFailed(_NEEDED, issues=issues)
        await check_term(session, self.categories, patch.category, "#/category", held=row.category)
        changed = revise(row, values, actor.subject)
        if changed:
            await session.flush()
            await self._tell(session, actor, place, row, "updated", changed)

    async def remove(self, session: AsyncSession, place: Place, row: Document, actor: Principal) -> None:
        """Soft deletion: the row, and so the content, remain for whoever has to account for them."""
        require_write(actor, place.division_path, place.zone_id)
        touch(row, actor.subject)
        row.deleted_at = row.updated_at
        await session.flush()
        await self._tell(session, actor, place, row, "deleted", ["deleted_at"])

    async def _tell(
        self,
        session: AsyncSession,
        actor: Principal,
        place: Place,
        row: Document,
        change: str,
        changed: Iterable[str],
    ) -> None:
        shown = self.show(row).model_dump(mode="json")
        told = Change(
            "document", change, row.id, row.version, shown, changed, place.division_path, place.zone_id
        )
        await emit(session, actor.subject, [told])


async def check_category(session: AsyncSession, categories: Vocabulary, code: str) -> None:
    """Raise InvalidParameter (400) unless the category may be chosen."""
    edition = await read_edition(session, categories)
    if (issue := term_issue(edition, code, parameter="category")) is not None:
        raise InvalidParameter(issue.detail, issues=[issue])


async def hold_content(session: AsyncSession, sha256: str) -> None:
    """Keep the sweep, and another upload of the same content, off it until this transaction ends."""
    await session.execute(select(func.pg_advisory_xact_lock(content_lock(sha256))))


def content_lock(sha256: str) -> int:
    """The key of the advisory lock on a content."""
    return int.from_bytes(bytes.fromhex(sha256)[:8], signed=True)
