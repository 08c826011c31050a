"""The outbox of e-mail: each notice is sent at most once, tried again only while it surely was not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import anyio.to_thread
import structlog
from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM, Database
from services.gateway.accounts.models import Account
from services.gateway.notices.following import as_person, people_statement
from services.gateway.notices.kinds import KINDS, text_of
from services.gateway.notices.mail_message import compose
from services.gateway.notices.mail_sending import Refused, Unknown, send
from services.gateway.notices.mail_settings import MailSettings
from services.gateway.notices.models import Notice
from services.gateway.notices.recipients import STALE, Person, may_see

_POLL_SECONDS = 5.0
_AT_ONCE = 50  # notices in one message
BACKOFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))
# longer than sending may take: who has not told the end by then was killed
_ABANDONED = timedelta(minutes=10)
GONE: Final = "the person may no longer be told of it, or it is too old"
CUT_OFF: Final = "the process ended while sending; not sent again, since it may have arrived"
log = structlog.get_logger("mail")


async def run_mailing(database: Database, settings: MailSettings) -> None:
    """Send what is due for ever; any number of replicas may."""
    while True:
        try:
            while await send_next(database, settings):
                pass
            await give_up_abandoned(database)
        except Exception as error:
            log.warning("mail waits", error=repr(error))
        await asyncio.sleep(_POLL_SECONDS)


async def send_next(database: Database, settings: MailSettings) -> bool:
    """One message with what is due for one person; False when nothing is due.

    The notices are marked as `sending`, and that is committed, before the server is spoken to: a crash
    leaves them so, and they are not sent again.
    """
    async with database.transaction() as session:
        taken = await _take(session)
        if taken is None:
            return False
        person, rows = taken
        told = [row for row in rows if person is not None and _still(person, row)]
        await _set(session, [row.id for row in rows if row not in told], mail_state="failed", mail_error=GONE)
        until = func.now() + _ABANDONED
        await _set(session, [row.id for row in told], mail_state="sending", mail_due_at=until)
    if person is None or person.email is None or not told:
        return True
    entries = [(text_of(row.kind, row.names), KINDS[row.kind].path.format(id=row.subject_id)) for row in told]
    message = compose(settings, person.email, told[0].id, entries)
    ids = [row.id for row in told]
    try:
        await anyio.to_thread.run_sync(send, settings, person.email, message)
    except Refused as error:
        await _refused(database, told, error)
    except Unknown as error:
        log.error("mail may have been lost", notices=len(ids), error=str(error))
        await _finish(database, ids, mail_state="failed", mail_error=str(error))
    else:
        await _finish(database, ids, mail_state="sent", mail_error=None)
    return True


async def give_up_abandoned(database: Database) -> None:
    """What a killed process was sending is a dead letter: nobody knows whether it arrived."""
    async with database.transaction() as session:
        due = (Notice.mail_state == "sending") & (Notice.mail_due_at < func.now())
        ids = (await session.scalars(select(Notice.id).where(due), execution_options=AS_SYSTEM)).all()
        await _set(session, ids, mail_state="failed", mail_error=CUT_OFF)


async def _take(session: AsyncSession) -> tuple[Person | None, Sequence[Notice]] | None:
    """What is due for whoever has waited longest, locked; the person is None when nobody may be told."""
    due = (Notice.mail_state == "waiting") & (Notice.mail_due_at <= func.now())
    oldest: Select[Any] = select(Notice).where(due).order_by(Notice.mail_due_at, Notice.id).limit(1)
    first = await session.scalar(oldest.with_for_update(skip_locked=True), execution_options=AS_SYSTEM)
    if first is None:
        return None
    all_due = select(Notice).where(due, Notice.account_id == first.account_id).order_by(Notice.id)
    locked = all_due.limit(_AT_ONCE).with_for_update(skip_locked=True)
    rows = (await session.scalars(locked, execution_options=AS_SYSTEM)).all()
    found = (await session.execute(people_statement().where(Account.id == first.account_id))).one_or_none()
    person = as_person(*found) if found is not None else None
    return (person if person is not None and person.email else None), rows


def _still(person: Person, row: Notice) -> bool:
    """Roles, scope and wishes may have changed since it was written."""
    fresh = datetime.now(UTC) - row.created_at < STALE  # of a time when no mail could be sent
    return (
        fresh
        and person.channel(row.kind) == "email"
        and may_see(
            person.principal,
            KINDS[row.kind],
            row.division_path,
            row.zone_id,
        )
    )


async def _refused(database: Database, rows: Sequence[Notice], error: Refused) -> None:
    """Try again later, each notice by its own number of attempts; at the end it is a dead letter."""
    for attempts in sorted({row.mail_attempts for row in rows}):
        ids = [row.id for row in rows if row.mail_attempts == attempts]
        if error.again and attempts < len(BACKOFF):
            due = func.now() + BACKOFF[attempts]
            values: dict[str, Any] = {"mail_state": "waiting", "mail_due_at": due}
        else:
            log.error("mail is given up", notices=len(ids), error=str(error))
            values = {"mail_state": "failed"}
        await _finish(database, ids, **values, mail_attempts=attempts + 1, mail_error=str(error))


async def _finish(database: Database, ids: Sequence[UUID], **values: Any) -> None:
    async with database.transaction() as session:
        await _set(session, ids, **values)


async def _set(session: AsyncSession, ids: Sequence[UUID], **values: Any) -> None:
    if ids:
        changed = {"mail_due_at": None, **values}
        statement = update(Notice).where(Notice.id.in_(ids)).values(**changed)
        await session.execute(statement.execution_options(synchronize_session=False))
