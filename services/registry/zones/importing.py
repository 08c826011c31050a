"""Zones from a sheet: the same rules as one at a time, with set-based statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import AS_SYSTEM
from chassis.documents.moving import documents_moved
from chassis.feed.outbox import emit
from chassis.identity.principal import Principal
from chassis.imports.importer import ImportContext, Importer, Numbered, Verdict
from chassis.problems import Issue
from chassis.temporal.moment import today
from chassis.temporal.recording import life_bounds, record
from chassis.upserting import Upserted
from chassis.vocabularies.reading import Edition, read_edition, term_issue
from chassis.words import Words
from services.registry.divisions.models import Division
from services.registry.divisions.queries import find_entries
from services.registry.zones.documents import ZONE_DOCUMENTS, place_of
from services.registry.zones.history import ZONE_HISTORY
from services.registry.zones.models import Zone
from services.registry.zones.representation import members
from services.registry.zones.schemas import ZoneRow
from services.registry.zones.vocabulary import PROGRAMME
from services.registry.zones.writing import (
    NO_DIVISION,
    division_columns,
    recorded_since,
    stops_being_national,
    zone_event,
)

OUTSIDE = Words("不在您的写入范围内", "Outside your write scope")
IN_FUTURE = Words("生效日期不得晚于今天", "The effective date must not be later than today")
OUT_OF_ORDER = Words(
    "该日期之后已有变更, 请逐个更正",
    "Something has been stated for a later date; correct such zones one by one",
)
STATE_IS_OUTPUT = Words("状态只能通过流程改变", "The state changes by transitions only")
STAYS_NATIONAL = Words(
    "国家级实验区的级别须由国家主管部门改变", "The tier of a national zone is changed by the nation's office"
)
LABELS = {
    "code": Words("实验区代码", "Zone code"),
    "name_zh": Words("名称", "Name"),
    "name_en": Words("英文名称", "English name"),
    "tier": Words("级别", "Tier"),
    "kind": Words("类型", "Kind"),
    "programme": Words("计划类别", "Programme"),
    "state": Words("状态", "State"),
    "division_code": Words("区划代码", "Division code"),
    "division_edition": Words("区划版本", "Division edition"),
    "division_relation": Words("与区划的关系", "Division relation"),
    "approved_year": Words("批准年份", "Approved year"),
    "approved_batch": Words("批准批次", "Approved batch"),
    "advanced_demonstration_since": Words("先进示范区起始年份", "Advanced demonstration since"),
    "exited_year": Words("退出年份", "Exited year"),
    "exit_reason": Words("退出原因", "Exit reason"),
    "theme": Words("主题", "Theme"),
    "longitude": Words("经度", "Longitude"),
    "latitude": Words("纬度", "Latitude"),
    "source": Words("来源", "Source"),
    "note": Words("备注", "Note"),
    "effective_date": Words("生效日期", "Effective date"),
}


async def judge(context: ImportContext, rows: Sequence[Numbered[ZoneRow]]) -> list[Verdict]:
    """Rejects unknown divisions, places outside the write scope and changes of state."""
    session = context.session
    wanted = [(item.row.division_code, item.row.division_edition) for item in rows]
    divisions = await find_entries(session, wanted)
    stored = await _stored(session, [item.row.code for item in rows], lock=context.keep)
    programmes = await read_edition(session, PROGRAMME)
    lives = await life_bounds(session, ZONE_HISTORY, [zone.id for zone in stored.values()])
    stated = {item.row.code: item.row.effective_date for item in rows}
    context.memo.update(lives=lives, stated=stated)
    verdicts: list[Verdict] = []
    for item, place in zip(rows, wanted, strict=True):
        known = stored.get(item.row.code)
        issue = (
            _fault(item.row, divisions.get(place), known, context.actor)
            or _no_term(item.row, known, programmes)
            or _out_of_order(item.row, lives.get(known.id) if known else None)
        )
        if issue is not None:
            verdicts.append([issue])
        else:
            given = item.row.model_dump(exclude={"division_code", "effective_date"})
            verdicts.append(given | division_columns(divisions[place], place[1]))
    return verdicts


def _out_of_order(row: ZoneRow, life: tuple[date, date] | None) -> Issue | None:
    """A sheet says how zones are from a date on; what is stated for a later date it would undo unseen."""
    if row.effective_date is None:
        return None
    if row.effective_date > today():
        return Issue("effective_in_future", IN_FUTURE, parameter="effective_date")
    if life is not None and life[0] != life[1] and row.effective_date < life[1]:
        params = {"last_change": life[1].isoformat()}
        return Issue("effective_before_last_change", OUT_OF_ORDER, parameter="effective_date", params=params)
    return None


def _fault(row: ZoneRow, division: Division | None, stored: Zone | None, actor: Principal) -> Issue | None:
    if division is None:
        params = {"code": row.division_code, "edition": row.division_edition}
        return Issue("unknown_division", NO_DIVISION, parameter="division_code", params=params)
    outside = not actor.write.covers(division.path, stored.id if stored else None)
    if outside or (stored and not actor.write.covers(stored.division_path, stored.id)):
        return Issue("outside_write_scope", OUTSIDE, parameter="division_code")
    if stored and stops_being_national(stored, row.tier) and not actor.write.everywhere:
        return Issue("nationwide_scope_needed", STAYS_NATIONAL, parameter="tier")
    if stored and stored.deleted_at is None and stored.state != row.state:
        return Issue(
            "state_is_output_only", STATE_IS_OUTPUT, parameter="state", params={"state": stored.state}
        )
    return None


def _no_term(row: ZoneRow, stored: Zone | None, programmes: Edition) -> Issue | None:
    if row.programme is None or (stored is not None and stored.programme == row.programme):
        return None
    return term_issue(programmes, row.programme, parameter="programme")


async def _stored(session: AsyncSession, codes: Iterable[str], *, lock: bool) -> Mapping[str, Zone]:
    statement = select(Zone).where(Zone.code.in_(list(codes))).order_by(Zone.code)
    if lock:
        statement = statement.with_for_update(of=Zone)
    options = {**AS_SYSTEM, "populate_existing": True}
    rows = (await session.scalars(statement, execution_options=options)).unique()
    return {zone.code: zone for zone in rows}


async def begin_earlier(context: ImportContext, results: Sequence[Upserted]) -> list[Upserted]:
    """A row that says nothing new but that it holds for longer is an update too."""
    since, lives = _since(context, results), context.memo["lives"]
    earlier = {
        result.id
        for result in results
        if result.action == "unchanged" and since[result.id] < lives[result.id][0]
    }
    if earlier:
        await context.session.execute(
            update(Zone)
            .where(Zone.id.in_(earlier))
            .values(version=Zone.version + 1, updated_at=func.now(), updated_by=context.actor.subject)
            .execution_options(synchronize_session=False)
        )
    return [_dated(context, result, result.id in earlier) for result in results]


def _dated(context: ImportContext, result: Upserted, earlier: bool) -> Upserted:
    """With the date that the row states, so that a plan's digest covers it."""
    values = {**result.values, "effective_date": context.memo["stated"][result.values["code"]]}
    if earlier:
        return replace(result, values=values, action="updated", changed=["valid_from"])
    return replace(result, values=values)


def _since(context: ImportContext, results: Sequence[Upserted]) -> dict[UUID, date]:
    stated: Mapping[str, date | None] = context.memo["stated"]
    return {result.id: stated[result.values["code"]] or today() for result in results}


async def tell(context: ImportContext, results: Sequence[Upserted]) -> None:
    """One event for each zone that was written, and what it says of which time."""
    written = {result.id: result for result in results if result.action != "unchanged"}
    if not written:
        return
    since = _since(context, results)
    statement = select(Zone).where(Zone.id.in_(written)).order_by(Zone.code)
    options = {**AS_SYSTEM, "populate_existing": True}
    zones = (await context.session.scalars(statement, execution_options=options)).unique().all()
    told = [
        zone_event(zone, written[zone.id].action, members(written[zone.id].changed), since[zone.id])
        for zone in zones
    ]
    await emit(context.session, context.actor.subject, told)
    moved = [
        place_of(zone)
        for zone in zones
        if written[zone.id].action == "updated"
        and not {"division_path", "deleted_at"}.isdisjoint(written[zone.id].changed)
    ]
    await documents_moved(context.session, ZONE_DOCUMENTS.collection, moved, context.actor.subject)
    recorded = [recorded_since(change, since[change.subject_id]) for change in told]
    await record(context.session, ZONE_HISTORY, context.actor.subject, recorded)


def as_row(found: Any) -> dict[str, Any]:
    """What the row of a zone says otherwise than its columns do; it holds from today on."""
    return {"division_code": found[0].division.code, "effective_date": None}


ZONE_IMPORT = Importer(
    ZoneRow, ("code",), Zone, ("code",), judge, tell, group="code", labels=LABELS, refine=begin_earlier
)
