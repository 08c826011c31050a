"""Questions to the table of accounts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.ids import Reference
from chassis.problems import NotFound
from services.gateway.accounts.models import Account


async def find_account(session: AsyncSession, ref: str, *, lock: bool = False) -> Account:
    """The account with this id; raises NotFound."""
    reference = Reference.from_path(ref)
    statement = select(Account).where(Account.id == reference.id, Account.deleted_at.is_(None))
    account = await session.scalar(statement.with_for_update() if lock else statement)
    if account is None:
        raise NotFound()
    return account


async def lock_account(session: AsyncSession, ref: str) -> Account:
    """As `find_account`, locked to the transaction's end."""
    return await find_account(session, ref, lock=True)


async def account_by_login(session: AsyncSession, kind: str, login: str) -> Account | None:
    """The account that signs in so."""
    return await session.scalar(
        select(Account).where(
            Account.kind == kind, Account.login == login.lower(), Account.deleted_at.is_(None)
        )
    )
