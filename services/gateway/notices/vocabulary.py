"""Labels of what a notice's members take."""

from __future__ import annotations

from typing import Final

from chassis.vocabularies.terms import Term, Vocabulary, closed
from chassis.words import Words
from services.gateway.notices.kinds import KINDS
from services.gateway.notices.recipients import Channel
from services.gateway.notices.schemas import MailState

VOCABULARIES: Final = (
    Vocabulary(
        "notices.kind",
        Words("通知种类", "Kind of notice"),
        tuple(Term(kind.name, kind.title) for kind in KINDS.values()),
    ),
    closed(
        "notices.channel",
        Words("通知方式", "Channel"),
        Channel,
        Words("站内", "In the inbox"),
        Words("站内与邮件", "In the inbox and by e-mail"),
        Words("不通知", "Not at all"),
    ),
    closed(
        "notices.mail_state",
        Words("邮件状态", "State of the e-mail"),
        MailState,
        Words("不发送", "None"),
        Words("等待发送", "Waiting"),
        Words("正在发送", "Being sent"),
        Words("已发送", "Sent"),
        Words("发送失败", "Failed"),
    ),
)
