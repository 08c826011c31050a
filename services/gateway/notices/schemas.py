"""Notices on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from chassis.schemas import In, Instant, Names, Out, VersionedOut
from chassis.text import clean
from chassis.words import Words
from services.gateway.notices.kinds import KindName
from services.gateway.notices.recipients import Channel

MailState = Literal["none", "waiting", "sending", "sent", "failed"]
Email = Annotated[
    str,
    StringConstraints(max_length=254),
    AfterValidator(clean),
    # one address and nothing else: no name, no list, no line break
    StringConstraints(pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"),
]
_NOTICE: dict[str, Any] = {
    "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
    "kind": "zone_state_changed",
    "title": "实验区状态变化",
    "text": "实验区“江苏省盐城市国家可持续发展实验区”的状态已改变",
    "texts": {
        "zh-Hans": "实验区“江苏省盐城市国家可持续发展实验区”的状态已改变",
        "en": "The state of the zone “Yancheng” has changed",
    },
    "url": "/api/v1/zones/0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a05",
    "occurred_at": "2026-11-24T08:00:00.000Z",
    "created_at": "2026-11-24T08:00:01.000Z",
    "read_at": None,
    "mail_state": "sent",
}


class NoticeOut(Out):
    """One event, told to the caller; `url` leads to what it is about."""

    model_config = ConfigDict(json_schema_extra={"examples": [_NOTICE]})

    id: UUID
    kind: KindName
    title: str
    text: str
    texts: Names
    url: str
    occurred_at: Instant
    created_at: Instant
    read_at: Instant | None
    mail_state: MailState


class UnreadCount(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"unread": 3}]})

    unread: int


class ReadMarks(In):
    """Which notices were read: those of `ids`, or all that are no newer than `up_to`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ids": ["0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01"]}, {"up_to": _NOTICE["id"]}]
        },
    )

    ids: list[UUID] | None = Field(default=None, min_length=1, max_length=500)
    up_to: UUID | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> ReadMarks:
        if (self.ids is None) == (self.up_to is None):
            words = Words("须有 ids 或 up_to 之一", "Give either ids or up_to")
            raise PydanticCustomError("one_of", words.en, {"words": words})
        return self


class SettingsOut(VersionedOut):
    """What the caller wishes to be told, and how; version 0 until it is first set."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": 1,
                    "email": "officer@example.org",
                    "channels": {
                        "zone_registered": "off",
                        "zone_state_changed": "email",
                        "project_entered": "in_app",
                    },
                    "mail_available": True,
                }
            ]
        }
    )

    email: str | None
    channels: dict[KindName, Channel]
    mail_available: bool


class SettingsPatch(In):
    """Merge patch (RFC 7396); `null` for a kind gives it its default, `in_app`."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"email": "officer@example.org", "channels": {"zone_state_changed": "email"}}]
        },
    )

    email: Email | None = None
    channels: dict[KindName, Channel | None] = Field(default_factory=dict)
