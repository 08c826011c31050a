"""One pass over a sheet, batch by batch: what becomes of each row, written or only tried."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import anyio.to_thread

from chassis.imports.cells import Sheet
from chassis.imports.checking import Checked, Checking
from chassis.imports.importer import ImportContext, Importer, Verdict
from chassis.imports.kept_rows import KeptRow, Part, kept, pack, unpack
from chassis.imports.sheets import read_sheet
from chassis.problems import Issue
from chassis.upserting import Upserted, upsert
from chassis.words import Words

BATCH: Final = 2_000
_GROUP_REJECTED: Final = Words("同组有行被拒绝, 未处理", "Left out: a row of its group is rejected")


@dataclass(frozen=True)
class Passed:
    """The whole sheet after one pass."""

    sheet: str | None
    header: list[str] | None
    shown: list[str] | None
    parts: list[Part]

    @property
    def counts(self) -> Counter[str]:
        return sum((Counter(part.counts) for part in self.parts), Counter[str]())


async def run(
    context: ImportContext,
    importer: Importer[Any],
    content: bytes,
    media_type: str,
    skipped: Collection[str] = (),
) -> Passed:
    """Read, check, judge and write the rows of all groups but the skipped ones.

    With `context.keep` the writes stay in the caller's transaction; without, each batch is written and taken
    back at once, so that a plan cannot say anything else than the database would, and locks nothing for long.
    Memory and statements are bounded by the batch; the parts take some ten bytes a row.
    """
    sheet = await anyio.to_thread.run_sync(read_sheet, content, media_type, importer.rename)
    try:
        checking = Checking(importer, sheet)
        parts: list[Part] = []
        while found := await anyio.to_thread.run_sync(_next, sheet, checking):
            rejected, checked = found
            parts.append(pack(rejected + await _apply(context, importer, checking, checked, skipped)))
        if not parts and (rejected := checking.of_header()):
            parts.append(pack(rejected))
        return Passed(sheet.name, sheet.header, sheet.shown, parts)
    finally:
        sheet.close()


def _next(sheet: Sheet, checking: Checking[Any]) -> tuple[list[KeptRow], list[Checked[Any]]] | None:
    lines = list(islice(sheet.rows, BATCH))
    return checking.check(lines) if lines else None


async def _apply(
    context: ImportContext,
    importer: Importer[Any],
    checking: Checking[Any],
    checked: Sequence[Checked[Any]],
    skipped: Collection[str],
) -> list[KeptRow]:
    if not checked:
        return []
    done: list[KeptRow] = []
    accepted: list[tuple[Checked[Any], Any]] = []
    verdicts: list[Verdict] = await importer.judge(context, [row.item for row in checked])
    for row, verdict in zip(checked, verdicts, strict=True):
        number = row.item.number
        issues = verdict if isinstance(verdict, list) else checking.repeated(number, verdict)
        if issues:
            done.append(kept(number, "rejected", row.key, row.group, [*row.notes, *issues]))
        elif row.group in skipped:
            done.append(_left_out(number, row.key, row.group))
        else:
            accepted.append((row, verdict))
    results = await _write(context, importer, [values for _, values in accepted])
    return done + [
        kept(
            row.item.number,
            result.action,
            row.key,
            row.group,
            row.notes,
            result.base_version,
            result.values.values(),
        )
        for (row, _), result in zip(accepted, results, strict=True)
    ]


async def _write(context: ImportContext, importer: Importer[Any], rows: Sequence[Any]) -> list[Upserted]:
    if context.keep:
        results = await _upsert(context, importer, rows)
        await importer.tell(context, results)
        return results
    tried = await context.session.begin_nested()
    try:
        return await _upsert(context, importer, rows)
    finally:
        await tried.rollback()


async def _upsert(context: ImportContext, importer: Importer[Any], rows: Sequence[Any]) -> list[Upserted]:
    results = await upsert(
        context.session,
        importer.model,
        rows,
        importer.stored_key,
        context.actor.subject,
        trial=not context.keep,
    )
    return results if importer.refine is None else await importer.refine(context, results)


def rejected_groups(parts: Iterable[Part]) -> frozenset[str]:
    """Groups of which at least one row is rejected."""
    flawed = (unpack(part.rows) for part in parts if part.counts.get("rejected"))
    return frozenset(row.group for rows in flawed for row in rows if row.action == "rejected")


def without_groups(parts: Iterable[Part], groups: Collection[str]) -> list[Part]:
    """The parts with the good rows of these groups skipped, each with a warning that says why."""
    return [
        pack(
            [
                _left_out(row.number, row.key, row.group)
                if row.group in groups and row.action != "rejected"
                else row
                for row in unpack(part.rows)
            ]
        )
        for part in parts
    ]


def _left_out(number: int, key: Mapping[str, str], group: str) -> KeptRow:
    why = Issue("group_rejected", _GROUP_REJECTED, severity="warning")
    return kept(number, "skipped", key, group, [why])
