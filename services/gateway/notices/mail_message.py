"""The words of an e-mail: all that waits for one person, in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from uuid import UUID

from chassis.words import Words
from services.gateway.notices.mail_settings import MailSettings

_ENDING = """可在 /api/v1/notices/settings 更改通知方式。
Change what you are told at /api/v1/notices/settings.
"""


def compose(
    settings: MailSettings, recipient: str, first: UUID, entries: Sequence[tuple[Words, str]]
) -> EmailMessage:
    """One message for the sentences and paths of `entries`; `first` is the id of the first of them."""
    message = EmailMessage()
    message["From"], message["To"] = settings.sender, recipient
    message["Subject"] = _subject([words for words, _ in entries])
    # told from the notice, so that a server which sees it twice can tell
    message["Message-ID"] = f"<{first}@{settings.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note is wanted
    blocks = [f"{words.zh}\n{words.en}\n{settings.public_url}{path}\n" for words, path in entries]
    # base64, since not every server takes eight bits
    message.set_content("\n".join([*blocks, _ENDING]), charset="utf-8", cte="base64")
    return message


def _subject(sentences: Sequence[Words]) -> str:
    if len(sentences) == 1:
        return " ".join(f"{sentences[0].zh} · {sentences[0].en}".split())[:200]
    return f"{len(sentences)} 条新通知 · {len(sentences)} new notices"
