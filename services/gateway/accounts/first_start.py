"""The accounts of a first start."""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.audit.recording import name_action
from chassis.database import Database
from services.gateway.accounts.credentials import Passwords, secret_digest
from services.gateway.accounts.events import emit_account
from services.gateway.accounts.models import Account
from services.gateway.settings import GatewaySettings

log = structlog.get_logger("first_start")
_ACTOR = "service:gateway"
_EVERYWHERE = {"everywhere": True, "divisions": [], "zones": []}
_NOWHERE = {"everywhere": False, "divisions": [], "zones": []}


async def make_first_accounts(database: Database, settings: GatewaySettings, passwords: Passwords) -> int:
    """Make `admin`, and `demo` if its secret is given, when there is no account at all; how many were made.

    Replicas that start together wait for one another: one makes them, the others find them.
    """
    if settings.admin_password_file is None:
        return 0
    async with database.transaction() as session:
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("first accounts", 0))))
        if await session.scalar(select(Account.id).limit(1)) is not None:
            return 0
        password = settings.admin_password_file.read_text(encoding="utf-8").strip()
        accounts = [
            _account(
                kind="person",
                login="admin",
                name="管理员 Administrator",
                roles=["department", "system_administrator"],
                view=_EVERYWHERE,
                write=_NOWHERE,
                password_hash=await passwords.hash(password),
            )
        ]
        if settings.demo_secret_file is not None:
            secret = settings.demo_secret_file.read_text(encoding="utf-8").strip()
            accounts.append(
                _account(
                    kind="machine",
                    login="demo",
                    name="演示客户端 Demonstration client",
                    roles=["ministry_office"],
                    view=_EVERYWHERE,
                    write=_EVERYWHERE,
                    secret_digest=secret_digest(secret),
                )
            )
        await _store(session, accounts)
        log.info("first accounts made", logins=[account.login for account in accounts])
        return len(accounts)


def _account(**values: Any) -> Account:
    return Account(**values, active=True, created_by=_ACTOR, updated_by=_ACTOR)


async def _store(session: AsyncSession, accounts: list[Account]) -> None:
    name_action(session, "first_start")
    session.add_all(accounts)
    await session.flush()
    for account in accounts:
        await emit_account(session, _ACTOR, account, "created", ["name", "roles", "view", "write"])
