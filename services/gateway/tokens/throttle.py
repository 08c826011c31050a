"""Five failures in a minute for one login, known or not, and it has to wait; all replicas count together."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from math import ceil

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Database
from chassis.problems import TooManyRequests
from chassis.words import Words
from services.gateway.tokens.models import SignInFailure

LIMIT = 5
WINDOW = timedelta(minutes=1)


def login_digest(kind: str, login: str) -> bytes:
    return hashlib.sha256(f"{kind}\n{login.lower()}".encode("utf-8", "surrogatepass")).digest()


def seconds_to_wait(oldest_counted: datetime, at: datetime) -> int:
    """Whole seconds until the oldest of the last LIMIT failures leaves the window, at least one."""
    return max(1, ceil((oldest_counted + WINDOW - at).total_seconds()))


async def check(database: Database, digest: bytes) -> None:
    """Raise 429 with Retry-After if the login has failed too often."""
    async with database.transaction() as session:
        statement = (
            select(SignInFailure.failed_at, func.clock_timestamp())
            .where(
                SignInFailure.login_digest == digest,
                SignInFailure.failed_at > func.clock_timestamp() - WINDOW,
            )
            .order_by(SignInFailure.failed_at.desc())
            .limit(LIMIT)
        )
        failures = (await session.execute(statement)).all()
    if len(failures) >= LIMIT:
        raise TooManyRequests(
            Words("登录失败次数过多, 请稍后再试", "Too many failures to sign in; try again later"),
            retry_after=seconds_to_wait(*failures[-1]),
        )


async def record_failure(session: AsyncSession, digest: bytes) -> int:
    """How often the login has failed within the window, this time included."""
    lock = int.from_bytes(digest[:8], signed=True)  # else two at once would both miss that they make five
    await session.execute(select(func.pg_advisory_xact_lock(lock)))
    await session.execute(insert(SignInFailure).values(login_digest=digest))
    old = func.clock_timestamp() - text("interval '1 hour'")
    await session.execute(delete(SignInFailure).where(SignInFailure.failed_at < old))
    counted = select(func.count()).where(
        SignInFailure.login_digest == digest, SignInFailure.failed_at > func.clock_timestamp() - WINDOW
    )
    return await session.scalar(counted) or 0


async def forget_failures(database: Database, digest: bytes) -> None:
    """After a success the count begins anew."""
    async with database.transaction() as session:
        await session.execute(delete(SignInFailure).where(SignInFailure.login_digest == digest))
