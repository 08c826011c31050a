"""The accounts that call, kept in memory for a short while."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.identity.principal import Principal
from services.gateway.accounts.models import Account
from services.gateway.accounts.rules import may_sign_in, principal_of

_KEPT_SECONDS = 30.0
_MOST = 10_000


@dataclass(frozen=True)
class _Known:
    principal: Principal
    active: bool
    expires_at: datetime | None
    until: float


class KnownAccounts:
    """Principals by account id; what another replica changed is seen within 30 s, an own change at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[UUID, _Known] = {}
        self._generation = 0

    async def principal(self, account_id: UUID) -> Principal | None:
        """None when there is no such account, or it is switched off or has expired."""
        known = self._known.get(account_id)
        if known is None or known.until < time.monotonic():
            known = await self._load(account_id)
        if known is None or not may_sign_in(known.active, known.expires_at, datetime.now(UTC)):
            return None
        return known.principal

    async def _load(self, account_id: UUID) -> _Known | None:
        generation = self._generation
        async with self._database.transaction() as session:
            account = await session.scalar(
                select(Account).where(Account.id == account_id, Account.deleted_at.is_(None))
            )
        if account is None:
            return None
        until = time.monotonic() + _KEPT_SECONDS
        known = _Known(principal_of(account), account.active, account.expires_at, until)
        # what was read before a change that has since been committed must not outlive it
        if generation == self._generation:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[account_id] = known
        return known

    def forget(self, account_id: UUID) -> None:
        self._generation += 1
        self._known.pop(account_id, None)

    def forget_after_commit(self, session: AsyncSession, account_id: UUID) -> None:
        """Forget the account as soon as the session's change of it stands."""

        @event.listens_for(session.sync_session, "after_commit", once=True)
        def _forget(_session: object) -> None:
            self.forget(account_id)
