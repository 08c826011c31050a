"""E-mail: at most once, in both languages, tried again while it surely was not sent."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy import func, select, update

from chassis.database import AS_SYSTEM, Database
from services.gateway.accounts.models import Account
from services.gateway.notices import mailing
from services.gateway.notices.mail_settings import MailSettings
from services.gateway.notices.mailing import BACKOFF, CUT_OFF, GONE, give_up_abandoned, send_next
from services.gateway.notices.models import Notice
from tests.gateway.notices.builders import HUNAN, add_person, tell, zone_event
from tests.service_app import RunningService

pytestmark = pytest.mark.anyio
TO = "officer@example.org"


class Server:
    """A mail server that takes what it is sent, or answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[EmailMessage] = []
        self.rcpt = self.data = "250 OK"

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data == "cut":
            server.transport.abort()
            return "421 gone"
        if self.data.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.taken.append(message)
        return self.data


@pytest.fixture
async def server() -> AsyncIterator[tuple[Server, MailSettings]]:
    handler = Server()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(handler, hostname="test", loop=loop), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    yield (
        handler,
        MailSettings("127.0.0.1", port, "none", "sdz@example.org", "", "", "https://sdz.example.org"),
    )
    listening.close()


async def waiting(inbox: RunningService, count: int = 1) -> Database:
    """Notices that are due for one officer."""
    database = inbox.runtime.database
    await add_person(database, "officer", email=TO, zone_registered="email")
    for _ in range(count):
        await tell(database, zone_event())
    return database


async def states(database: Database) -> list[tuple[str, int, str | None]]:
    statement = select(Notice.mail_state, Notice.mail_attempts, Notice.mail_error).order_by(Notice.id)
    async with database.transaction() as session:
        return [tuple(row) for row in await session.execute(statement, execution_options=AS_SYSTEM)]  # type: ignore[misc]


async def make_due(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(
            update(Notice).where(Notice.mail_due_at.is_not(None)).values(mail_due_at=func.now())
        )


async def test_all_that_waits_for_one_person_is_one_message(
    inbox: RunningService, server: tuple[Server, MailSettings]
) -> None:
    handler, settings = server
    database = await waiting(inbox, 3)
    assert await send_next(database, settings)
    assert not await send_next(database, settings)
    [message] = handler.taken
    assert (message["to"], message["from"]) == (TO, "sdz@example.org")
    assert message["subject"] == "3 条新通知 · 3 new notices"
    text = message.get_content()
    assert text.count("已登记实验区“江岸试验区”") == 3
    assert "The zone “Jiang'an Zone” was registered" in text
    assert "https://sdz.example.org/api/v1/zones/" in text
    assert message["auto-submitted"] == "auto-generated"
    assert message.as_bytes().isascii()
    assert await states(database) == [("sent", 0, None)] * 3


async def test_replicas_that_send_at_once_send_once(
    inbox: RunningService, server: tuple[Server, MailSettings]
) -> None:
    handler, settings = server
    database = await waiting(inbox, 5)
    await asyncio.gather(*(send_next(database, settings) for _ in range(4)))
    while await send_next(database, settings):
        pass
    told = sum(message.get_content().count("已登记") for message in handler.taken)
    assert told == 5


async def test_a_server_that_is_busy_is_tried_again_and_then_given_up(
    inbox: RunningService, server: tuple[Server, MailSettings]
) -> None:
    handler, settings = server
    database = await waiting(inbox)
    handler.rcpt = "451 try later"
    for attempt in range(1, len(BACKOFF) + 1):
        assert await send_next(database, settings)
        [(state, attempts, error)] = await states(database)
        assert (state, attempts) == ("waiting", attempt)
        assert "451" in str(error)
        assert not await send_next(database, settings)
        await make_due(database)
    assert await send_next(database, settings)
    assert [row[:2] for row in await states(database)] == [("failed", len(BACKOFF) + 1)]
    assert handler.taken == []


async def test_after_a_refusal_for_now_it_is_sent(
    inbox: RunningService, server: tuple[Server, MailSettings]
) -> None:
    handler, settings = server
    database = await waiting(inbox)
    handler.data = "452 no space"
    assert await send_next(database, settings)
    handler.data = "250 OK"
    await make_due(database)
    assert await send_next(database, settings)
    assert len(handler.taken) == 1
    assert await states(database) == [("sent", 1, None)]


@pytest.mark.parametrize(
    ("rcpt", "data"), [("550 no such user", "250 OK"), ("250 OK", "554 no"), ("250 OK", "cut")]
)
async def test_what_will_never_be_taken_or_may_have_been_is_not_tried_again(
    inbox: RunningService, server: tuple[Server, MailSettings], rcpt: str, data: str
) -> None:
    handler, settings = server
    database = await waiting(inbox)
    handler.rcpt, handler.data = rcpt, data
    assert await send_next(database, settings)
    [(state, _, error)] = await states(database)
    assert state == "failed"
    assert error
    assert not await send_next(database, settings)


async def test_a_server_that_is_down_is_tried_again(inbox: RunningService) -> None:
    database = await waiting(inbox)
    down = MailSettings("127.0.0.1", 9, "none", "sdz@example.org", "", "", "")
    assert await send_next(database, down)
    assert [row[:2] for row in await states(database)] == [("waiting", 1)]


async def test_what_a_killed_process_was_sending_is_not_sent_again(
    inbox: RunningService, server: tuple[Server, MailSettings], monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, settings = server
    database = await waiting(inbox)

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(mailing, "send", killed)
    with pytest.raises(KeyboardInterrupt):
        await send_next(database, settings)
    monkeypatch.undo()
    assert [row[0] for row in await states(database)] == ["sending"]
    await give_up_abandoned(database)
    assert not await send_next(database, settings)
    await make_due(database)
    await give_up_abandoned(database)
    assert await states(database) == [("failed", 0, CUT_OFF)]
    assert handler.taken == []


async def test_whose_rights_ended_meanwhile_gets_no_mail(
    inbox: RunningService, server: tuple[Server, MailSettings]
) -> None:
    handler, settings = server
    database = await waiting(inbox)
    elsewhere = {"everywhere": False, "divisions": [HUNAN], "zones": []}
    async with database.transaction() as session:
        await session.execute(update(Account).values(view=elsewhere))
    assert await send_next(database, settings)
    assert handler.taken == []
    assert await states(database) == [("failed", 0, GONE)]
