"""Who holds these credentials?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import record
from chassis.database import Database
from chassis.problems import Unauthenticated
from chassis.words import Words
from services.gateway.accounts.credentials import Passwords, is_client_secret
from services.gateway.accounts.models import Account
from services.gateway.accounts.queries import account_by_login
from services.gateway.accounts.rules import may_sign_in
from services.gateway.tokens import throttle

_WRONG = Words("用户名或密码 (客户端标识或密钥) 不正确", "The name or the secret is wrong")


async def person_with(database: Database, passwords: Passwords, username: str, password: str) -> Account:
    """The person; raises 401, the same and as slowly whether the name or the password is wrong, or 429."""
    digest = throttle.login_digest("person", username)
    await throttle.check(database, digest)
    async with passwords.slot(), _counted(database, "person", username):
        # again: others may have failed with this name while we waited for the slot
        await throttle.check(database, digest)
        account = await _find(database, "person", username)
        matches = await passwords.matches(account.password_hash if account else None, password)
        return _accepted(account, matches)


async def machine_with(database: Database, client_id: str, secret: str) -> Account:
    """The machine client; raises 401 or 429."""
    digest = throttle.login_digest("machine", client_id)
    await throttle.check(database, digest)
    async with _counted(database, "machine", client_id):
        account = await _find(database, "machine", client_id)
        matches = account is not None and is_client_secret(
            secret,
            account.secret_digest,
            account.previous_secret_digest,
            account.previous_secret_until,
            datetime.now(UTC),
        )
        return _accepted(account, matches)


async def _find(database: Database, kind: str, login: str) -> Account | None:
    async with database.transaction() as session:
        return await account_by_login(session, kind, login)


def _accepted(account: Account | None, matches: bool) -> Account:
    if (
        account is None
        or not matches
        or not may_sign_in(account.active, account.expires_at, datetime.now(UTC))
    ):
        raise Unauthenticated(_WRONG)
    return account


@asynccontextmanager
async def _counted(database: Database, kind: str, login: str) -> AsyncIterator[None]:
    """A failure inside is recorded, a success makes the earlier ones forgotten."""
    digest = throttle.login_digest(kind, login)
    try:
        yield
    except Unauthenticated:
        # in a transaction of its own: the request that failed undoes its own
        async with database.transaction() as session:
            failures = await throttle.record_failure(session, digest)
            if failures >= throttle.LIMIT:
                await _tell_auditors(session, kind, login, failures)
        raise
    await throttle.forget_failures(database, digest)


async def _tell_auditors(session: AsyncSession, kind: str, login: str, failures: int) -> None:
    """Whose account it was; what was typed is not kept, since people type passwords into the wrong field."""
    account = await account_by_login(session, kind, login)
    named = f"{kind}:{account.id}" if account is not None else None
    record(
        session,
        "refuse_sign_in",
        actor="anonymous",
        details={"account": named, "failures": failures, "kind": kind},
        personal={"login_digest": throttle.login_digest(kind, login).hex()},
        about=named,
    )
