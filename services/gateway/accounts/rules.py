"""Rules of accounts: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from chassis.identity.principal import Principal, Scope
from chassis.problem_responses import from_validation
from chassis.problems import Conflict, Issue, Problem
from chassis.words import Words
from services.gateway.accounts.models import Account
from services.gateway.accounts.schemas import AccountOut, AccountSettings
from services.gateway.roles.table import ADMINISTRATORS, permissions_of

MANAGE = "account.manage"


class MutuallyExclusiveRoles(Problem):
    code, status = "mutually_exclusive_roles", 422
    title = Words("角色互斥 (三员分立)", "These roles exclude each other")
    remedy = Words(
        "系统、安全保密、安全审计三类管理员须由不同账号担任",
        "System, security and audit administrators must be different accounts",
    )


def check_roles(roles: Iterable[str]) -> None:
    """Raise MutuallyExclusiveRoles if one account would hold two of the three administrators' roles."""
    held = sorted(ADMINISTRATORS.intersection(roles))
    if len(held) > 1:
        issue = Issue(
            MutuallyExclusiveRoles.code,
            MutuallyExclusiveRoles.title,
            pointer="#/roles",
            params={"roles": held},
        )
        raise MutuallyExclusiveRoles(issues=[issue])


def check_own_account(actor: Principal, account_id: UUID, changed: AccountSettings) -> None:
    """Nobody locks themselves out: whoever manages accounts stays able to."""
    own = actor.subject.partition(":")[2] == str(account_id)
    if own and not (changed.active and MANAGE in permissions_of(changed.roles)):
        words = Words("不能停用自己的账号或撤销自己的管理权限", "You cannot lock yourself out")
        raise Conflict(words, issues=[Issue("own_account", words, pointer="#")])


def merge_patch(target: Any, patch: Any) -> Any:
    """RFC 7396."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def patched(account: Account, patch: Mapping[str, Any]) -> AccountSettings:
    """The account's settings after a merge patch; raises ValidationFailed (422) if they are not valid."""
    current = {
        "name": account.name,
        "roles": account.roles,
        "view": account.view,
        "write": account.write,
        "active": account.active,
        "expires_at": account.expires_at,
    }
    try:
        return AccountSettings.model_validate(merge_patch(current, patch))
    except ValidationError as error:
        raise from_validation([{**item, "loc": ("body", *item["loc"])} for item in error.errors()]) from error


def columns(settings: AccountSettings) -> dict[str, Any]:
    """The settings as the table keeps them."""
    return {
        "name": settings.name,
        "roles": settings.roles,
        "view": settings.view.model_dump(mode="json"),
        "write": settings.write.model_dump(mode="json"),
        "active": settings.active,
        "expires_at": settings.expires_at,
    }


def answered(account: Account) -> dict[str, Any]:
    """The members that the API answers; secrets are not among them."""
    person = account.kind == "person"
    members = {name: getattr(account, name) for name in AccountOut.model_fields if hasattr(account, name)}
    return members | {
        "username": account.login if person else None,
        "client_id": None if person else account.login,
    }


def principal_of(account: Account) -> Principal:
    """The caller as services see it."""
    return Principal(
        subject=f"{account.kind}:{account.id}",
        issuer="gateway",
        roles=frozenset(account.roles),
        permissions=permissions_of(account.roles),
        view=Scope.from_claims(account.view),
        write=Scope.from_claims(account.write),
    )


def may_sign_in(active: bool, expires_at: datetime | None, at: datetime) -> bool:
    """Active, and not yet at the end of its validity (exclusive)."""
    return active and (expires_at is None or at < expires_at)
