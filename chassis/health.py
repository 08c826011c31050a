"""`/livez`, `/readyz`, `/version`: of this process alone, and each check does what it names."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from sqlalchemy import column as named_column
from sqlalchemy import func, select, table, text
from starlette.responses import JSONResponse

from chassis.base_tables import consumer, outbox
from chassis.runtime import Runtime

VERSION = "0.1.0"
_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_LAG_SECONDS = 10
_CHECK_SECONDS = 3.0
health_router = APIRouter(tags=["health"])


@health_router.get("/livez", operation_id="livez", summary="The process runs", response_model=None)
async def livez() -> JSONResponse:
    return JSONResponse({"status": "ok"})


@health_router.get("/version", operation_id="version", summary="The version that runs", response_model=None)
async def version(request: Request) -> JSONResponse:
    return JSONResponse({"service": request.app.state.runtime.settings.service, "version": VERSION})


@health_router.get("/readyz", operation_id="readyz", summary="The process can serve", response_model=None)
async def readyz(request: Request) -> JSONResponse:
    """503 while a check fails; each failing check says why."""
    runtime: Runtime = request.app.state.runtime
    checks = await run_checks(runtime)
    ready = all(check["ok"] for check in checks.values())
    return JSONResponse(
        {"status": "ready" if ready else "not_ready", "checks": checks},
        200 if ready else 503,
        {"cache-control": "no-store"},
    )


async def run_checks(runtime: Runtime) -> dict[str, dict[str, Any]]:
    """Database write, migration head, sequencer lag and signing key; `{name: {ok, …}}`."""
    checks: dict[str, dict[str, Any]] = {"signing_key": {"ok": runtime.keys.count() > 0}}
    try:
        async with asyncio.timeout(_CHECK_SECONDS), runtime.database.transaction() as session:
            # a transaction id is given to writers only: a standby or a read-only server refuses
            await session.execute(text("SELECT pg_current_xact_id()"))
            head = await session.scalar(
                select(named_column("version_num")).select_from(table("alembic_version"))
            )
            oldest = await session.scalar(
                select(func.extract("epoch", func.now() - func.min(outbox.c.occurred_at)))
            )
            positions = (await session.execute(select(consumer))).all()
        wanted = expected_head(runtime.settings.service)
        checks["database"] = {"ok": True}
        checks["migrations"] = {"ok": head == wanted, "at": head, "wanted": wanted}
        checks["sequencer"] = {
            "ok": float(oldest or 0) < _LAG_SECONDS,
            "lag_seconds": round(float(oldest or 0), 1),
        }
        checks |= {f"feed_{row.source}": {"ok": True, "position": row.position} for row in positions}
    except Exception as error:
        checks["database"] = {"ok": False, "why": type(error).__name__}
    return checks


def expected_head(service: str) -> str:
    """The newest version file of the service's history (`0001_base.py` is version 0001)."""
    return max(file.name.split("_")[0] for file in (_MIGRATIONS / service / "versions").glob("[0-9]*.py"))
