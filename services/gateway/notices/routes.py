"""`/api/v1/notices`: the caller's own inbox, and what they wish to be told."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import record
from chassis.etag import IfMatch, check_version
from chassis.identity.access import require
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page
from chassis.resource import revise
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Names, Page
from services.gateway.notices import queries
from services.gateway.notices.kinds import KINDS, text_of
from services.gateway.notices.models import Notice, NoticeSettings
from services.gateway.notices.recipients import DEFAULT_CHANNEL, Channel
from services.gateway.notices.schemas import NoticeOut, ReadMarks, SettingsOut, SettingsPatch, UnreadCount
from services.gateway.state import gateway_of

router = ResourceRouter("notices")
CanRead = Annotated[Principal, require("notice.read")]
Query = Annotated[ListQuery, Depends(queries.NOTICES)]


def show(row: Notice, language: str) -> NoticeOut:
    kind, words = KINDS[row.kind], text_of(row.kind, row.names)
    return NoticeOut(
        id=row.id,
        kind=kind.name,
        title=kind.title.pick(language),
        text=words.pick(language),
        texts=Names(zh=words.zh, en=words.en),
        url=kind.path.format(id=row.subject_id),
        occurred_at=row.occurred_at,
        created_at=row.created_at,
        read_at=row.read_at,
        mail_state=row.mail_state,
    )


@router.get("/notices", operation_id="list_notices", summary="List own notices")
async def list_notices(
    reader: CanRead, query: Query, session: Transaction, language: Language
) -> Page[NoticeOut]:
    """The caller's own, what is unread first, then the newest. What they may see no more is left out."""
    rows, page = await fetch_page(session, queries.visible_to(reader), query)
    return Page(items=[show(row[0], language) for row in rows], page=page)


@router.get("/notices/unread", operation_id="count_unread_notices", summary="Count unread notices")
async def count_unread(reader: CanRead, session: Transaction) -> UnreadCount:
    """How many of the caller's notices are unread."""
    return UnreadCount(unread=await queries.count_unread(session, reader))


@router.post("/notices/read-marks", operation_id="mark_notices_read", summary="Mark notices as read")
async def mark_read(reader: CanRead, marks: ReadMarks, session: Transaction) -> UnreadCount:
    """Some by their ids, or all that had come when the newest of them was shown; the number left unread."""
    await queries.mark_read(session, reader, marks)
    return UnreadCount(unread=await queries.count_unread(session, reader))


@router.get("/notices/settings", operation_id="get_notice_settings", summary="Read own notice settings")
async def get_settings(reader: CanRead, request: Request, session: Transaction) -> SettingsOut:
    """The address for e-mail, and a channel for each kind of notice."""
    row = await session.get(NoticeSettings, queries.account_of(reader))
    return _shown(row, request)


@router.patch(
    "/notices/settings", operation_id="change_notice_settings", summary="Change own notice settings"
)
async def change_settings(
    reader: CanRead, version: IfMatch, patch: SettingsPatch, request: Request, session: Transaction
) -> SettingsOut:
    """A merge patch under If-Match; it holds for events from now on."""
    row = await _locked(session, reader)
    await check_version(session, row, version, _shown(row, request))
    asked: dict[str, Channel | None] = dict(patch.channels.items())
    channels = {kind: channel for kind, channel in {**row.channels, **asked}.items() if channel is not None}
    values: dict[str, Any] = {"channels": channels}
    if "email" in patch.model_fields_set:
        values["email"] = patch.email
    if changed := revise(row, values, reader.subject):
        record(session, details={"changed": changed})
    return _shown(row, request)


async def _locked(session: AsyncSession, reader: Principal) -> NoticeSettings:
    account = queries.account_of(reader)
    first = {"id": account, "version": 0, "channels": {}}
    await session.execute(
        insert(NoticeSettings)
        .values(**first, created_by=reader.subject, updated_by=reader.subject)
        .on_conflict_do_nothing()
    )
    statement = select(NoticeSettings).where(NoticeSettings.id == account).with_for_update()
    return (await session.scalars(statement)).one()


def _shown(row: NoticeSettings | None, request: Request) -> SettingsOut:
    chosen = row.channels if row else {}
    return SettingsOut(
        version=row.version if row else 0,
        email=row.email if row else None,
        channels={kind: chosen.get(kind, DEFAULT_CHANNEL) for kind in KINDS},
        mail_available=gateway_of(request).settings.mail is not None,
    )
