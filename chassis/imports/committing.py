"""Making a plan, and doing exactly what it says."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Any, Final

import anyio.to_thread
from sqlalchemy import Row

from chassis.imports.importer import ImportContext, Importer
from chassis.imports.kept_rows import WITH_ISSUES, KeptRow, Part, digest_of, rows_of, unpack
from chassis.imports.plans import keep, mark_committed, parts_of
from chassis.imports.report import MAX_ROWS_SHOWN, Atomicity, Layout, Report, show_counts
from chassis.imports.running import Passed, rejected_groups, run, without_groups
from chassis.problems import ImportRejected, PlanOutdated, ServiceUnavailable
from chassis.words import Words

MAX_CHANGES_SHOWN: Final = 1000
_CHANGED_MEANWHILE: Final = Words(
    "导入期间依据已改变, 未保存任何内容, 请重试",
    "What rows refer to changed meanwhile; nothing was kept; try again",
)


async def plan_or_commit(
    context: ImportContext,
    importer: Importer[Any],
    content: bytes,
    about: dict[str, Any],
    *,
    language: str,
) -> Row[Any]:
    """The kept plan; with `context.keep` what it says is done. Raises ImportRejected (422), nothing kept."""
    per_group = about["atomicity"] == "per_group"
    media_type = about["media_type"]
    if not per_group:
        passed = await run(context, importer, content, media_type)
        if context.keep and passed.counts["rejected"]:
            raise rejected(passed, about["atomicity"], language)
    else:
        trial = ImportContext(context.request, context.session, context.actor, keep=False)
        passed = await run(trial, importer, content, media_type)
        groups = rejected_groups(passed.parts)
        if groups:
            parts = await anyio.to_thread.run_sync(without_groups, passed.parts, groups)
            passed = Passed(passed.sheet, passed.header, passed.shown, parts)
        if context.keep:
            passed = await run(context, importer, content, media_type, groups)
            if not rejected_groups(passed.parts) <= groups:
                # somebody changed what a row refers to since it was tried: its group must not go in by halves
                raise ServiceUnavailable(_CHANGED_MEANWHILE)
    return await keep(context.session, context.actor, about, content, passed, committed=context.keep)


async def commit_plan(context: ImportContext, importer: Importer[Any], plan: Row[Any]) -> Row[Any]:
    """Do what the locked plan says, all of it as it says, or PlanOutdated (409) that names the rows.

    The file is read again and its rows are judged on what is stored now; what comes out is compared with the
    plan, row by row.
    """
    planned = await parts_of(context.session, plan.id)
    content = await anyio.to_thread.run_sync(zlib.decompress, plan.content)
    groups = rejected_groups(planned) if plan.atomicity == "per_group" else frozenset()
    passed = await run(context, importer, content, plan.media_type, groups)
    if await anyio.to_thread.run_sync(digest_of, passed.parts) != plan.digest:
        raise _outdated(rows_of(planned), rows_of(passed.parts))
    return await mark_committed(context.session, plan.id)


def _outdated(planned: Iterable[KeptRow], now: Iterable[KeptRow]) -> PlanOutdated:
    """Both have the same rows in the same order, since they come from one file."""
    changed = [
        {
            "row": then.number,
            "key": then.key,
            "planned": {"action": then.action, "version": then.base},
            "now": {"action": now_.action, "version": now_.base},
        }
        for then, now_ in zip(planned, now, strict=True)
        if then.digest != now_.digest
    ]
    count = len(changed)
    return PlanOutdated(
        Words(f"{count} 行的依据已改变, 未保存任何内容", f"{count} row(s) changed since; nothing was kept"),
        members={"rows": changed[:MAX_CHANGES_SHOWN], "rows_left_out": max(0, count - MAX_CHANGES_SHOWN)},
    )


def rejected(passed: Passed, atomicity: Atomicity, language: str) -> ImportRejected:
    """The refusal of an import at once, with the report that its plan would have."""
    report = Report(
        id=None,
        mode="commit",
        atomicity=atomicity,
        counts=show_counts(passed.counts),
        **_rows(Layout(passed.sheet, passed.header, passed.shown), passed.parts, passed.counts, language),
        plan_digest=digest_text(digest_of(passed.parts)),
        annotated_file=None,
        created_at=None,
        expires_at=None,
        committed_at=None,
    )
    return refusal(report)


def refusal(report: Report) -> ImportRejected:
    count = report.counts.rejected
    return ImportRejected(
        Words(f"{count} 行被拒绝, 未保存任何内容", f"{count} row(s) rejected; nothing was kept"),
        members={"report": report.model_dump(mode="json")},
    )


def _rows(layout: Layout, parts: Iterable[Part], counts: Any, language: str) -> dict[str, Any]:
    shown: list[KeptRow] = []
    for part in parts:
        if part.counts.get(WITH_ISSUES) and len(shown) < MAX_ROWS_SHOWN:
            shown += [row for row in unpack(part.rows) if row.issues]
    shown = shown[:MAX_ROWS_SHOWN]
    return {
        "rows": layout.show(shown, language),
        "rows_left_out": counts.get(WITH_ISSUES, 0) - len(shown),
    }


def digest_text(digest: bytes) -> str:
    return f"sha-256={digest.hex()}"
