"""Handing a message to the mail server, and knowing what became of it."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage

from services.gateway.notices.mail_settings import MailSettings

_SECONDS = 20.0


class Refused(Exception):
    """The server did not take the message; it may be tried again if `again`."""

    def __init__(self, why: str, *, again: bool) -> None:
        super().__init__(why)
        self.again = again


class Unknown(Exception):
    """The connection was lost when the message was under way: the server may have taken it."""


def send(settings: MailSettings, recipient: str, message: EmailMessage) -> None:
    """Blocks; returns when the server has taken the message. Raises Refused or Unknown."""
    server: smtplib.SMTP | None = None
    try:
        server = _connected(settings)
        _expect(server.mail(settings.sender))
        _expect(server.rcpt(recipient))
    except (OSError, smtplib.SMTPException) as error:
        _close(server)
        permanent = isinstance(error, smtplib.SMTPResponseException) and 500 <= error.smtp_code < 600
        wrong_login = isinstance(error, smtplib.SMTPAuthenticationError)  # an operator mends it
        raise Refused(repr(error)[:300], again=not permanent or wrong_login) from error
    try:
        code, answer = server.data(message.as_bytes(policy=message.policy.clone(linesep="\r\n")))
    except smtplib.SMTPDataError as error:  # before the first line of it
        raise Refused(repr(error)[:300], again=error.smtp_code < 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise Unknown(repr(error)[:300]) from error
    finally:
        _close(server)
    if code != 250:
        raise Refused(f"{code} {answer.decode(errors='replace')}"[:300], again=code < 500)


def _connected(settings: MailSettings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    server = (
        smtplib.SMTP_SSL(settings.host, settings.port, timeout=_SECONDS, context=context)
        if settings.security == "tls"
        else smtplib.SMTP(settings.host, settings.port, timeout=_SECONDS)
    )
    try:
        server.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            server.starttls(context=context)
            server.ehlo()
        if settings.username:
            server.login(settings.username, settings.password)
    except BaseException:
        _close(server)
        raise
    return server


def _expect(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _close(server: smtplib.SMTP | None) -> None:
    if server is not None:
        server.close()
