"""Schedules that every service has."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, text

from chassis.audit.signing import sign_newest
from chassis.documents.sweeping import sweep
from chassis.feed.purging import purge
from chassis.idempotency import forget_old
from chassis.imports.plans import forget_plans
from chassis.operations.tables import operation
from chassis.schedules.running import Schedule
from chassis.words import Words

if TYPE_CHECKING:
    from chassis.runtime import Runtime

_MEND = text(
    "UPDATE pgqueuer SET status = 'queued', execute_after = now(), updated = now() WHERE status = 'failed'"
)
_FORGET_LOG = text("DELETE FROM pgqueuer_log WHERE created < now() - interval '7 days'")


async def _forget_answers(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await forget_old(session)


async def _forget_plans(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await forget_plans(session)


async def _forget_events(runtime: Runtime) -> None:
    await purge(runtime.database, timedelta(days=runtime.settings.own.feed_days))


async def _sweep_documents(runtime: Runtime) -> None:
    await sweep(runtime.database, runtime.documents, datetime.now(UTC))


async def _sign_head(runtime: Runtime) -> None:
    async with runtime.database.transaction() as session:
        await sign_newest(session, runtime.database.schema, runtime.signer)


async def forget_operations(runtime: Runtime) -> None:
    """Drop operations that ended 30 days ago, and what the queue wrote down 7 days ago."""
    async with runtime.database.transaction() as session:
        limit = func.now() - text("interval '30 days'")
        await session.execute(delete(operation).where(operation.c.finished_at < limit))
        await session.execute(_FORGET_LOG)


async def mend_queue(runtime: Runtime) -> None:
    """Put jobs back that a worker could neither end nor put back, since its database was away."""
    async with runtime.database.transaction() as session:
        await session.execute(_MEND)


COMMON: Final = (
    Schedule(
        "idempotency.forget",
        "7 * * * *",
        Words("清除 48 小时前的幂等应答", "Forget answers under an Idempotency-Key after 48 h"),
        _forget_answers,
    ),
    Schedule(
        "imports.forget",
        "22 * * * *",
        Words("清除过期的导入计划", "Forget plans of imports that are past their day"),
        _forget_plans,
    ),
    Schedule(
        "changes.forget",
        "37 * * * *",
        Words("清除超过保留期的变更事件", "Forget events older than the feed's horizon"),
        _forget_events,
    ),
    Schedule(
        "documents.sweep",
        "12,42 * * * *",
        Words("清除无人引用的文件内容", "Remove contents that no document names"),
        _sweep_documents,
        seconds=1500,  # it looks at every content that is kept, and begins anew each time
    ),
    Schedule(
        "audit.sign",
        "2 * * * *",
        Words("签署审计链的最新记录", "Sign the newest record of the audit trail"),
        _sign_head,
    ),
    Schedule(
        "operations.forget",
        "17 18 * * *",
        Words("清除 30 天前结束的长任务", "Forget operations 30 days after their end"),
        forget_operations,
    ),
    Schedule(
        "operations.mend",
        "* * * * *",
        Words("恢复搁置的任务", "Put stranded jobs back into the queue"),
        mend_queue,
    ),
)
