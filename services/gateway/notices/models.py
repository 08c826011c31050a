"""Tables of notices and of what people wish to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.database import SCOPED, UNAUDITED
from chassis.identity.access import PATH_TYPE
from chassis.ids import new_id
from chassis.resource import Base, ResourceColumns


class Notice(Base):
    """One event told to one person.

    `mail_state`: `none` (not wanted), `waiting` for `mail_due_at`, `sending`, `sent`, `failed` for good.
    """

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("account_id", "event_id"),
        CheckConstraint("mail_state IN ('none', 'waiting', 'sending', 'sent', 'failed')", "mail_state"),
        CheckConstraint("(mail_state IN ('waiting', 'sending')) = (mail_due_at IS NOT NULL)", "mail_due"),
        Index("ix_notice_inbox", "account_id", text("((read_at IS NULL)::integer)"), "created_at", "id"),
        Index("ix_notice_mail_due_at", "mail_due_at", postgresql_where=text("mail_due_at IS NOT NULL")),
        {"info": {**SCOPED, **UNAUDITED}},  # everyone their own inbox
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("account.id"))
    event_id: Mapped[UUID] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(String)
    subject_id: Mapped[UUID] = mapped_column(Uuid)
    names: Mapped[dict[str, Any]] = mapped_column(JSONB)
    division_path: Mapped[list[str]] = mapped_column(PATH_TYPE)
    zone_id: Mapped[UUID | None] = mapped_column(Uuid)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mail_state: Mapped[str] = mapped_column(String)
    mail_attempts: Mapped[int] = mapped_column(Integer)
    mail_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mail_error: Mapped[str | None] = mapped_column(String)


class NoticeSettings(ResourceColumns, Base):
    """What one person wishes: an address, and a channel by kind; `id` is the account's."""

    __tablename__ = "notice_settings"
    __table_args__ = ({"info": UNAUDITED},)  # made also by whoever then changes nothing; a change is recorded

    id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("account.id"), primary_key=True)
    email: Mapped[str | None] = mapped_column(String)
    channels: Mapped[dict[str, str]] = mapped_column(JSONB)
