"""What the API shows of the audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from chassis.schemas import In, Instant, Out
from chassis.text import Name, Text
from chassis.words import Words

_ID = "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01"
_HASH = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class PersonalOut(Out):
    """`digest` is SHA-256(salt ‖ value); `value` is null once it was erased."""

    digest: str
    erased: bool
    value: str | None


class ObjectOut(Out):
    kind: str
    id: UUID
    version: int


class ChangesOut(Out):
    """A batch: how many changes of which kinds, and the digest of their list."""

    count: int
    kinds: dict[str, int]
    digest: str


class PlaceOut(Out):
    division_path: list[str]
    zone_id: UUID | None


class AuditRecordOut(Out):
    """Who did what to which object, when, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "number": 4711,
                    "at": "2026-11-24T08:00:00.100Z",
                    "hash": _HASH,
                    "id": _ID,
                    "occurred_at": "2026-11-24T08:00:00.000Z",
                    "actor": f"person:{_ID}",
                    "on_behalf_of": None,
                    "roles": ["provincial_office"],
                    "action": "change_zone",
                    "object": {"kind": "zone", "id": _ID, "version": 7},
                    "change": "updated",
                    "before": _HASH,
                    "after": _HASH,
                    "changes": None,
                    "details": {},
                    "place": {"division_path": ["330000", "330200"], "zone_id": _ID},
                    "personal": {"reason": {"digest": _HASH, "erased": False, "value": "更名批复"}},
                    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
                }
            ]
        }
    )

    number: int
    at: Instant
    hash: str
    id: UUID
    occurred_at: Instant
    actor: str
    on_behalf_of: str | None
    roles: list[str]
    action: str
    object: ObjectOut | None
    change: str | None
    before: str | None
    after: str | None
    changes: ChangesOut | None
    details: dict[str, Any]
    place: PlaceOut
    personal: dict[str, PersonalOut]
    trace_id: str


class HeadOut(Out):
    """A signed head: the service vouches for every record up to `number`."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "service": "registry",
                    "number": 4711,
                    "hash": _HASH,
                    "at": "2026-11-24T08:00:00.000000Z",
                    "key_id": "oAuuYh-zrql1MJ8Euq1k1HCAddb20u_7h57S8GO6ruw",
                    "signature": "b3BlbiBwbGF0Zm9ybQ",
                }
            ]
        }
    )

    service: str
    number: int
    hash: str
    at: str = Field(description="As it was signed, with microseconds")
    key_id: str = Field(description="Thumbprint of the key (RFC 7638)")
    signature: str = Field(description="Ed25519, base64url")


class Erasure(In):
    """What to erase: all that is personal about an account or object, or in one record."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"about": f"person:{_ID}", "comment": "本人申请"}]},
    )

    about: Name | None = Field(default=None, description="`kind:id`, as the actor of a record")
    record: UUID | None = Field(default=None, description="Id of a record")
    comment: Text

    @model_validator(mode="after")
    def _one_of_both(self) -> Erasure:
        if (self.about is None) == (self.record is None):
            words = Words("about 与 record 须且只能给出一个", "Give exactly one of about and record")
            raise PydanticCustomError("one_of_both", words.en, {"words": words})
        return self


class Erased(Out):
    model_config = ConfigDict(json_schema_extra={"examples": [{"erased": 3}]})

    erased: int
