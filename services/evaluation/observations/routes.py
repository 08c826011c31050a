"""Paths of observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.etag import IfMatch, check_version
from chassis.exports.routes import add_exports
from chassis.fast.registration import fast_one, fast_page
from chassis.feed.outbox import emit
from chassis.identity.access import require, require_write
from chassis.identity.principal import Principal
from chassis.imports.routes import add_imports
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page
from chassis.problems import Issue, ValidationFailed
from chassis.resource import revise
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from services.evaluation.observations import queries
from services.evaluation.observations.fast import OBSERVATION
from services.evaluation.observations.importing import OBSERVATION_IMPORT
from services.evaluation.observations.models import Observation
from services.evaluation.observations.rules import range_fault, source_faults, value_fault
from services.evaluation.observations.schemas import ObservationOut, ObservationPatch
from services.evaluation.sources.queries import SEPARATOR, cited, cited_codes

router = ResourceRouter("observations")
CanRead = Annotated[Principal, require("observation.read")]
CanWrite = Annotated[Principal, require("observation.write")]


@router.get("/observations", operation_id="list_observations", summary="List observations")
async def list_observations(
    reader: CanRead,
    session: Transaction,
    query: Annotated[ListQuery, Depends(queries.observations)],
    language: Language,
) -> Page[ObservationOut]:
    """Values of indicators, and why there are none, for the zones that the caller may see."""
    rows, page = await fetch_page(session, queries.visible_to(reader), query)
    return Page(items=[queries.show(row, language) for row in rows], page=page)


add_exports(
    router,
    "observations",
    "observation.read",
    queries.observations,
    OBSERVATION_IMPORT,
    queries.visible_to,
    lambda found: {"zone": found.zone_code, "indicator": found.Indicator.code},
)


@router.get("/observations/{ref}", operation_id="get_observation", summary="Read an observation")
async def get_observation(
    ref: str, reader: CanRead, session: Transaction, language: Language
) -> ObservationOut:
    """One observation, by id."""
    return queries.show(await queries.find(session, reader, ref), language)


@router.patch("/observations/{ref}", operation_id="correct_observation", summary="Correct an observation")
async def correct_observation(
    ref: str,
    actor: CanWrite,
    version: IfMatch,
    body: ObservationPatch,
    session: Transaction,
    language: Language,
) -> ObservationOut:
    """Merge patch under If-Match; runs keep the values they were made with."""
    row = await queries.find(session, actor, ref, lock=True)
    require_write(actor, row.zone_path, row.Observation.zone_id)
    await check_version(session, row.Observation, version, queries.show(row, language))
    await _correct(session, row, body, actor.subject)
    return queries.show(row, language)


async def _correct(session: AsyncSession, row: Any, body: ObservationPatch, actor: str) -> None:
    observation = row.Observation
    values: dict[str, Any] = {name: getattr(body, name) or None for name in body.model_fields_set - {"value"}}
    if "value" in body.model_fields_set:
        values["value"] = body.value
    if "source" in values:
        values["source"] = SEPARATOR.join(cited_codes(body.source)) or None
    codes = cited_codes(body.source)
    known = await cited(session, codes)
    status, value = values.get("status", observation.status), values.get("value", observation.value)
    issues: list[Issue] = source_faults(codes, known)
    if fault := value_fault(status, value):
        issues.append(Issue(*fault, parameter="value"))
    if outside := range_fault(value, row.Indicator):
        issues.append(outside)
    if issues:
        raise ValidationFailed(issues[0].detail, issues=_in_body(issues))
    changed = revise(observation, values, actor)
    if changed:
        await session.flush()
        await emit(session, actor, [queries.event(row, "updated", changed)])


def _in_body(issues: Sequence[Issue]) -> list[Issue]:
    """The same faults with the member's place in the body in place of a column."""
    return [replace(issue, parameter=None, pointer=f"#/{issue.parameter}") for issue in issues]


add_imports(router, "observations", "observation.write", OBSERVATION_IMPORT)
fast_one(router, "get_observation", OBSERVATION, queries.visible_to, {"id": Observation.id})
fast_page(router, "list_observations", OBSERVATION, queries.visible_to, queries.observations)
