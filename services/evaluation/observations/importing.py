"""Observations from a sheet: a few set-based statements, one report, one event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.feed.outbox import Change, emit
from chassis.feed.replica import resolve
from chassis.identity.principal import Principal
from chassis.ids import Reference, new_id
from chassis.imports.report import Outcome
from chassis.imports.routes import ImportContext, Importer, Numbered
from chassis.problems import Issue
from chassis.resource import Upserted, upsert
from chassis.words import Words
from services.evaluation.frameworks.models import Indicator
from services.evaluation.frameworks.queries import indicators_named
from services.evaluation.observations.models import Observation
from services.evaluation.observations.rules import range_fault, source_faults
from services.evaluation.observations.schemas import ObservationRow
from services.evaluation.references import can_name, reference_in_cell
from services.evaluation.sources.queries import SEPARATOR, cited, cited_codes
from services.evaluation.zones import ZONE, ZONES_PATH

KEY = ("zone_id", "indicator_id", "period")
_COLUMNS = ("zone", "indicator", "period")
_NO_ZONE = Words("没有该实验区", "There is no such zone")
_NO_INDICATOR = Words("没有该指标", "There is no such indicator")
_OUTSIDE = Words("不在您的写入范围内", "Outside your write scope")


@dataclass(frozen=True)
class Known:
    """What the rows name, looked up once for all: by the text of the cell."""

    zones: Mapping[str, Any]
    indicators: Mapping[Reference, Indicator]
    sources: Mapping[str, object]


async def apply_import(context: ImportContext, rows: Sequence[Numbered[ObservationRow]]) -> list[Outcome]:
    """Upsert by zone, indicator and period. The number of statements grows by two a thousand rows."""
    known = await _look_up(context, rows)
    outcomes: list[Outcome] = []
    accepted: list[tuple[Numbered[ObservationRow], dict[str, Any]]] = []
    seen: dict[tuple[Any, ...], int] = {}
    for item in rows:
        issues = row_faults(item.row, known, context.actor)
        values = {} if issues else _values(item.row, known)
        if not issues:
            first = seen.setdefault(tuple(values[name] for name in KEY), item.number)
            issues = [] if first == item.number else [_repeated(first)]
        if issues:
            outcomes.append(Outcome(item.number, "rejected", _key(item.row), issues))
        else:
            accepted.append((item, values))
    results = await upsert(
        context.session, Observation, [values for _, values in accepted], KEY, context.actor.subject
    )
    await _tell(context.session, context.actor.subject, results, known)
    return outcomes + [
        Outcome(item.number, result.action, _key(item.row))
        for (item, _), result in zip(accepted, results, strict=True)
    ]


async def _look_up(context: ImportContext, rows: Sequence[Numbered[ObservationRow]]) -> Known:
    cells = {item.row.zone: reference_in_cell(item.row.zone) for item in rows}
    zones = {text: reference for text, reference in cells.items() if can_name(reference)}
    peer = context.request.app.state.runtime.peers["registry"]
    return Known(
        zones=await resolve(context.session, ZONE, zones, peer, ZONES_PATH),
        indicators=await indicators_named(
            context.session, {reference_in_cell(item.row.indicator) for item in rows}
        ),
        sources=await cited(
            context.session, {code for item in rows for code in cited_codes(item.row.source)}
        ),
    )


def row_faults(row: ObservationRow, known: Known, actor: Principal) -> list[Issue]:
    """What is wrong with a row; a zone that the caller may not see is told like one that does not exist."""
    issues: list[Issue] = []
    zone = known.zones.get(row.zone)
    if zone is None or not actor.view.covers(zone.division_path, zone.id):
        issues.append(Issue("unknown_zone", _NO_ZONE, parameter="zone", params={"given": row.zone}))
    elif not actor.write.covers(zone.division_path, zone.id):
        issues.append(Issue("outside_write_scope", _OUTSIDE, parameter="zone", params={"given": row.zone}))
    indicator = known.indicators.get(reference_in_cell(row.indicator))
    if indicator is None:
        params = {"given": row.indicator}
        issues.append(Issue("unknown_indicator", _NO_INDICATOR, parameter="indicator", params=params))
    elif fault := range_fault(row.value, indicator):
        issues.append(fault)
    return issues + source_faults(cited_codes(row.source), known.sources)


def _values(row: ObservationRow, known: Known) -> dict[str, Any]:
    return {
        "zone_id": known.zones[row.zone].id,
        "indicator_id": known.indicators[reference_in_cell(row.indicator)].id,
        "period": row.period,
        "status": row.status,
        "value": row.value,
        "reference_division": row.reference_division,
        "source": SEPARATOR.join(cited_codes(row.source)) or None,
        "note": row.note or None,
    }


def _key(row: ObservationRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _COLUMNS}


def _repeated(first: int) -> Issue:
    words = Words(f"与第 {first} 行的键重复", f"The same key as in row {first}")
    return Issue("duplicate_key", words, parameter="zone", params={"row": first})


async def _tell(session: AsyncSession, actor: str, results: Sequence[Upserted], known: Known) -> None:
    """One event for all; it names no zone, since all provinces that it touches may read it."""
    counts = Counter(result.action for result in results)
    touched = {result.values["zone_id"] for result in results if result.action != "unchanged"}
    if not touched:
        return
    places = {zone.id: zone for zone in known.zones.values() if zone.id in touched}
    batch = new_id()
    resource = {
        "id": str(batch),
        "version": 1,
        "created": counts["created"],
        "updated": counts["updated"],
        "periods": sorted({str(r.values["period"]) for r in results if r.action != "unchanged"}),
    }
    only: UUID | None = next(iter(touched)) if len(touched) == 1 else None
    change = Change(
        kind="observation_batch",
        change="created",
        subject_id=batch,
        version=1,
        resource=resource,
        changed=["observations"],
        division_path=sorted({code for zone in places.values() for code in zone.division_path}),
        zone_id=only,
    )
    await emit(session, actor, [change])


OBSERVATION_IMPORT = Importer(ObservationRow, _COLUMNS, apply_import)
