"""Tables of what administrators added to vocabularies."""

from __future__ import annotations

from sqlalchemy import Boolean, DateTime, ForeignKey, Integer, String, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import UNAUDITED
from chassis.resource import Base, ResourceColumns


class VocabularyRow(ResourceColumns, Base):
    """A vocabulary that was changed; `version` is its newest edition."""

    __tablename__ = "vocabulary"
    # made also by whoever then adds nothing; what is decided stands in the terms
    __table_args__ = (UniqueConstraint("name"), {"info": UNAUDITED})

    name: Mapped[str] = mapped_column(String)


class VocabularyTerm(Base):
    """What an edition said of a code. Rows are only ever added: any edition can be read again."""

    __tablename__ = "vocabulary_term"

    vocabulary: Mapped[str] = mapped_column(String, ForeignKey("vocabulary.name"), primary_key=True)
    edition: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(String)
    label_zh: Mapped[str] = mapped_column(String)
    label_en: Mapped[str] = mapped_column(String)
    retired: Mapped[bool] = mapped_column(Boolean)
    recorded_at = mapped_column(DateTime(timezone=True), nullable=False, server_default=func.now())
    recorded_by: Mapped[str] = mapped_column(String)
