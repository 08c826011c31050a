"""Accounts on the wire."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from chassis.schemas import In, Instant, ResourceOut, instant_text
from chassis.text import Code, Name
from chassis.words import Words
from services.gateway.roles.table import RoleName

AccountKind = Literal["person", "machine"]
Login = Annotated[Code, StringConstraints(min_length=2, max_length=60), AfterValidator(str.lower)]
Password = Annotated[SecretStr, Field(min_length=12, max_length=200)]
Expiry = Annotated[AwareDatetime, PlainSerializer(instant_text, return_type=str)]
Roles = Annotated[
    list[RoleName], Field(min_length=1, max_length=20), AfterValidator(lambda roles: sorted(set(roles)))
]

_SCOPE: dict[str, Any] = {"everywhere": False, "divisions": ["330000"], "zones": []}
_EXAMPLE: dict[str, Any] = {
    "kind": "machine",
    "client_id": "zhejiang-system",
    "name": "浙江省可持续发展实验区管理系统",
    "roles": ["provincial_system"],
    "view": _SCOPE,
    "write": _SCOPE,
    "expires_at": "2027-12-31T16:00:00.000Z",
}
OUT_EXAMPLE: dict[str, Any] = {
    "id": "0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01",
    "version": 1,
    "created_at": "2026-11-24T08:00:00.000Z",
    "created_by": "person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "updated_at": "2026-11-24T08:00:00.000Z",
    "updated_by": "person:0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a02",
    "deleted_at": None,
    **_EXAMPLE,
    "username": None,
    "active": True,
    "previous_secret_until": None,
}


class ScopeShape(In):
    """A part of the country: everywhere, or division subtrees (by code) and single zones (by id)."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    everywhere: bool = False
    divisions: list[Code] = Field(default_factory=list, max_length=200)
    zones: list[UUID] = Field(default_factory=list, max_length=1000)


class AccountSettings(In):
    """What can be changed of an account."""

    name: Name
    roles: Roles
    view: ScopeShape = Field(default_factory=ScopeShape)
    write: ScopeShape = Field(default_factory=ScopeShape)
    active: bool = True
    expires_at: Expiry | None = None


class NewAccount(AccountSettings):
    """A person with `username`, or a machine with `client_id`. A password that is not given is made."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                _EXAMPLE,
                {
                    "kind": "person",
                    "username": "li.na",
                    "name": "李娜",
                    "roles": ["provincial_office"],
                    "view": _SCOPE,
                    "write": _SCOPE,
                },
            ]
        }
    )

    kind: AccountKind
    username: Login | None = None
    client_id: Login | None = None
    password: Password | None = None

    @model_validator(mode="after")
    def _login_of_its_kind(self) -> NewAccount:
        person = self.kind == "person"
        if (self.username is None) == person or (self.client_id is None) != person:
            words = Words(
                "人员须有 username, 机器客户端须有 client_id, 二者不可并存",
                "A person has a username, a machine a client_id, and not both",
            )
            raise PydanticCustomError("login_of_its_kind", words.en, {"words": words})
        if self.password is not None and not person:
            words = Words("机器客户端的密钥由平台生成", "The secret of a machine is made by the platform")
            raise PydanticCustomError("secret_is_made", words.en, {"words": words})
        return self

    @property
    def login(self) -> str:
        return self.username or self.client_id or ""


class AccountPatch(In):
    """A merge patch (RFC 7396) of what can be changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"roles": ["department"], "active": True}, {"write": {"divisions": ["330000"]}}]
        }
    )

    name: str | None = None
    roles: list[str] | None = None
    view: dict[str, Any] | None = None
    write: dict[str, Any] | None = None
    active: bool | None = None
    expires_at: str | None = None


class Rotation(In):
    """A new secret; the old one of a machine stays valid for `overlap_seconds` (at most a day)."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_seconds": 3600}]})

    overlap_seconds: int = Field(default=0, ge=0, le=86_400)
    password: Password | None = None


class AccountOut(ResourceOut):
    """An account; its secrets are never answered."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [OUT_EXAMPLE]})

    kind: AccountKind
    username: str | None
    client_id: str | None
    name: str
    roles: list[str]
    view: ScopeShape
    write: ScopeShape
    active: bool
    expires_at: Instant | None
    previous_secret_until: Instant | None


class AccountWithSecret(AccountOut):
    """An account with the secret that was made for it: this once, never again."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [{**OUT_EXAMPLE, "secret": "shown once and stored nowhere", "secret_shown": False}]
        },
    )

    secret: str | None
    secret_shown: bool = Field(default=False, description="True on a replay, which has no secret any more")


_ME_EXAMPLE = {
    **{name: value for name, value in OUT_EXAMPLE.items() if name not in {"active", "previous_secret_until"}},
    "permissions": ["reference.read", "zone.read"],
}


class MeOut(ResourceOut):
    """The caller's own account, with what its roles permit."""

    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={"examples": [_ME_EXAMPLE]},
    )

    kind: AccountKind
    username: str | None
    client_id: str | None
    name: str
    roles: list[str]
    permissions: list[str]
    view: ScopeShape
    write: ScopeShape
    expires_at: Instant | None
