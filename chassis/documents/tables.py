"""Table of documents; the content lies in the store under its digest."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED
from chassis.resource import Base, ResourceColumns


class Document(ResourceColumns, Base):
    """A file of one object of `collection`. Its place is that object's, looked up at every read.

    `sha256` is the content's digest in lower hexadecimal, `size` its bytes; neither ever changes.
    """

    __tablename__ = "document"
    __table_args__ = (
        CheckConstraint("size > 0", "size"),
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", "sha256"),
        Index("ix_document_collection_parent_id_created_at", "collection", "parent_id", "created_at"),
        Index("ix_document_sha256", "sha256"),
        {"info": SCOPED},
    )

    collection: Mapped[str] = mapped_column(String)
    parent_id: Mapped[UUID] = mapped_column(Uuid)
    name: Mapped[str] = mapped_column(String)
    category: Mapped[str] = mapped_column(String)
    description: Mapped[str | None] = mapped_column(String)
    media_type: Mapped[str] = mapped_column(String)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
