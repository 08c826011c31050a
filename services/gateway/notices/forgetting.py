"""Notices are dropped when they are old; what happened stands in the services and their audit trails."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, func

from chassis.database import AS_SYSTEM
from chassis.runtime import Runtime
from chassis.schedules.running import Schedule
from chassis.words import Words
from services.gateway.notices.models import Notice

KEPT: Final = timedelta(days=400)


async def forget_notices(runtime: Runtime) -> None:
    """Drop those that were made 400 days ago, read or not."""
    statement = delete(Notice).where(Notice.created_at < func.now() - KEPT)
    async with runtime.database.transaction() as session:
        await session.execute(statement, execution_options={**AS_SYSTEM, "synchronize_session": False})


FORGETTING: Final = Schedule(
    "notices.forget",
    "47 18 * * *",
    Words("清除 400 天前的通知", "Forget notices after 400 days"),
    forget_notices,
)
