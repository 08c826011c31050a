"""Observations from a sheet: one event tells of a batch of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.feed.outbox import Change, emit
from chassis.feed.replica import resolve
from chassis.identity.principal import Principal
from chassis.ids import new_id
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.problems import Issue
from chassis.upserting import Upserted
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
LABELS = {
    "zone": Words("实验区", "Zone"),
    "indicator": Words("指标", "Indicator"),
    "period": Words("期间", "Period"),
    "status": Words("状态", "Status"),
    "value": Words("数值", "Value"),
    "reference_division": Words("参照区划", "Reference division"),
    "source": Words("来源", "Source"),
    "note": Words("备注", "Note"),
}


@dataclass(frozen=True)
class Known:
    """What the rows name, by the text of the cell; None for what is not there."""

    zones: dict[str, Any]
    indicators: dict[str, Indicator | None]
    sources: dict[str, object]


async def judge(context: ImportContext, rows: Sequence[Numbered[ObservationRow]]) -> list[Verdict]:
    """Rejects what names no zone, indicator or source, and what lies outside the write scope or the range."""
    known = await _look_up(context, rows)
    return [row_faults(item.row, known, context.actor) or _values(item.row, known) for item in rows]


async def _look_up(context: ImportContext, rows: Sequence[Numbered[ObservationRow]]) -> Known:
    """What earlier batches did not name already: some four queries, and of the registry what is not here."""
    known: Known = context.memo.setdefault("known", Known({}, {}, {}))
    texts = {item.row.zone for item in rows} - known.zones.keys()
    cells = {text: reference_in_cell(text) for text in texts}
    nameable = {text: reference for text, reference in cells.items() if can_name(reference)}
    peer = context.request.app.state.runtime.peers["registry"]
    found = await resolve(context.session, ZONE, nameable, peer, ZONES_PATH)
    known.zones.update({text: found.get(text) for text in texts})
    named = {text: reference_in_cell(text) for text in {item.row.indicator for item in rows}}
    unknown = {text: named[text] for text in named.keys() - known.indicators.keys()}
    if unknown:
        indicators = await indicators_named(context.session, unknown.values())
        known.indicators.update({text: indicators.get(reference) for text, reference in unknown.items()})
    codes = {code for item in rows for code in cited_codes(item.row.source)} - known.sources.keys()
    if codes:
        known.sources.update(await cited(context.session, codes))
    return known


def row_faults(row: ObservationRow, known: Known, actor: Principal) -> list[Issue]:
    """What is wrong with a row; a zone that the caller may not see is told like one that does not exist."""
    issues: list[Issue] = []
    zone = known.zones.get(row.zone)
    if zone is None or not actor.view.covers(zone.division_path, zone.id):
        issues.append(Issue("unknown_zone", _NO_ZONE, parameter="zone", params={"given": row.zone}))
    elif not actor.write.covers(zone.division_path, zone.id):
        issues.append(Issue("outside_write_scope", _OUTSIDE, parameter="zone", params={"given": row.zone}))
    indicator = known.indicators.get(row.indicator)
    if indicator is None:
        params = {"given": row.indicator}
        issues.append(Issue("unknown_indicator", _NO_INDICATOR, parameter="indicator", params=params))
    elif fault := range_fault(row.value, indicator):
        issues.append(fault)
    return issues + source_faults(cited_codes(row.source), known.sources)


def _values(row: ObservationRow, known: Known) -> dict[str, Any]:
    indicator = known.indicators[row.indicator]
    assert indicator is not None  # a row without is rejected
    return {
        "zone_id": known.zones[row.zone].id,
        "indicator_id": indicator.id,
        "period": row.period,
        "status": row.status,
        "value": row.value,
        "reference_division": row.reference_division,
        "source": SEPARATOR.join(cited_codes(row.source)) or None,
        "note": row.note or None,
    }


async def tell(context: ImportContext, results: Sequence[Upserted]) -> None:
    """One event for some thousand rows; it names no zone, since all provinces that it touches may read it."""
    counts = Counter(result.action for result in results)
    touched = {result.values["zone_id"] for result in results if result.action != "unchanged"}
    if not touched:
        return
    known: Known = context.memo["known"]
    places = {zone.id: zone for zone in known.zones.values() if zone is not None and zone.id in touched}
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
    await emit(context.session, context.actor.subject, [change])


OBSERVATION_IMPORT = Importer(
    ObservationRow, _COLUMNS, Observation, KEY, judge, tell, group="zone", labels=LABELS
)
