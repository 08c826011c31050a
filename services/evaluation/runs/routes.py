"""Paths of runs and scores."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response
from sqlalchemy.orm import defer

from chassis.identity.access import require, require_write_everywhere
from chassis.identity.principal import Principal
from chassis.language import Language
from chassis.listing import ListQuery, fetch_page
from chassis.operations.starting import ACCEPTED, PrefersAsync, accepted, start
from chassis.routing import ResourceRouter, Transaction
from chassis.schemas import Page
from services.evaluation.runs import queries, score_queries, writing
from services.evaluation.runs.decomposition import show_decomposition, show_score
from services.evaluation.runs.models import Run
from services.evaluation.runs.operation import CREATE_RUN
from services.evaluation.runs.representation import show, show_summary
from services.evaluation.runs.schemas import RunIn, RunOut, RunSummaryOut
from services.evaluation.runs.score_schemas import DecompositionOut, ScoreOut

router = ResourceRouter("runs")
CanRead = Annotated[Principal, require("run.read")]
CanCreate = Annotated[Principal, require("run.create")]


@router.post(
    "/runs",
    status_code=201,
    response_model=RunOut,
    responses=dict(ACCEPTED),
    operation_id="create_run",
    summary="Evaluate a cycle",
)
async def create_run(
    request: Request,
    actor: CanCreate,
    body: RunIn,
    session: Transaction,
    response: Response,
    prefers_async: PrefersAsync,
) -> RunOut | Response:
    """Score and rank every zone that has not left; all that was read is frozen with the run.

    `Prefer: respond-async` gets 202 and an operation, as does everybody for a run of more than 20,000 cells
    (zones times indicators). The numbers are the same.
    """
    require_write_everywhere(actor)
    small = await writing.is_small(session, body)
    if prefers_async or not small:
        return accepted(request, await start(session, "evaluation", CREATE_RUN, body, actor.subject))
    run = await writing.create(session, body, actor.subject)
    response.headers["location"] = f"/api/v1/runs/{run.id}"
    return show(run, await queries.visible_zones(session, run, actor))


@router.get("/runs", operation_id="list_runs", summary="List runs")
async def list_runs(
    _reader: CanRead, session: Transaction, query: Annotated[ListQuery, Depends(queries.run_listing)]
) -> Page[RunSummaryOut]:
    """Runs, the newest first, without framework and log."""
    statement = queries.runs().options(defer(Run.log), defer(Run.sources))
    rows, page = await fetch_page(session, statement, query)
    return Page(items=[show_summary(row.Run) for row in rows], page=page)


@router.get("/runs/{ref}", operation_id="get_run", summary="Read a run")
async def get_run(ref: str, reader: CanRead, session: Transaction) -> RunOut:
    """One run with the framework as it was used and its log; runs never change."""
    run = await queries.find(session, ref)
    return show(run, await queries.visible_zones(session, run, reader))


@router.get("/scores", operation_id="list_scores", summary="List scores")
async def list_scores(
    reader: CanRead,
    session: Transaction,
    query: Annotated[ListQuery, Depends(score_queries.score_listing)],
    language: Language,
) -> Page[ScoreOut]:
    """Scores of the zones that the caller may see; ranks are national."""
    rows, page = await fetch_page(session, score_queries.visible_to(reader), query)
    return Page(items=[show_score(row, language) for row in rows], page=page)


@router.get("/runs/{ref}/scores/{zone_ref}", operation_id="explain_score", summary="How a score came about")
async def explain_score(
    ref: str, zone_ref: str, reader: CanRead, session: Transaction, language: Language
) -> DecompositionOut:
    """A zone's score in a run, down to the values that made it and their sources."""
    row, run, score = await score_queries.find(session, reader, ref, zone_ref)
    return show_decomposition(row, run, score, language)
