"""What the feed tells of accounts."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from services.gateway.accounts.models import Account


async def emit_account(
    session: AsyncSession, actor: str, account: Account, change: str, changed: Iterable[str]
) -> None:
    """Tell that an account changed, and in which members.

    The event belongs to no place, so every reader of the feed sees it: it names neither logins nor roles,
    and never a secret. Who may know more reads the account.
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
    )
    await emit(session, actor, [told])
