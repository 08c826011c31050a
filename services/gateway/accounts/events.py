"""What the feed tells of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from services.gateway.accounts.models import Account


async def emit_account(
    session: AsyncSession,
    actor: str,
    account: Account,
    change: str,
    changed: Iterable[str],
    before: Mapping[str, Any] | None = None,
) -> None:
    """Tell that an account changed, and in which members.

    The event belongs to no place, so every reader of the feed sees it: it names neither logins nor roles,
    and never a secret. Who may know more reads the account. The audit record digests the grants as well
    (`before`: as `grants` gave them before the change), and holds the names so that they can be erased.
    """
    resource = {
        "id": str(account.id),
        "version": account.version,
        "kind": account.kind,
        "active": account.active,
    }
    told = Change(
        kind="account",
        change=change,
        subject_id=account.id,
        version=account.version,
        resource=resource,
        changed=changed,
        audited=grants(account),
        audited_before=before,
        personal={"login": account.login, "name": account.name},
        about=f"{account.kind}:{account.id}",  # as what they did is: one erasing clears both
    )
    await emit(session, actor, [told])


def grants(account: Account) -> dict[str, Any]:
    """What the account may do, without what names a person and without secrets."""
    members = ("id", "version", "kind", "roles", "view", "write", "active", "expires_at")
    return {name: getattr(account, name) for name in members}
