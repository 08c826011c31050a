"""The evaluation service: which capabilities it has, whom it follows, who may call it."""

from __future__ import annotations

from fastapi import FastAPI

import chassis.app
from chassis.app import Service
from services.evaluation.cycles.routes import framework_router as framework_deletion
from services.evaluation.cycles.routes import router as cycles
from services.evaluation.frameworks.routes import router as frameworks
from services.evaluation.observations.routes import router as observations
from services.evaluation.runs.operation import CREATE_RUN
from services.evaluation.runs.routes import router as runs
from services.evaluation.sources.routes import router as sources
from services.evaluation.vocabularies import VOCABULARIES
from services.evaluation.zone_changes import FOLLOW_ZONES

SERVICE = Service(
    name="evaluation",
    title="SDZ evaluation 评价",
    description="Frameworks, observations, runs and scores. 指标体系、数据、评价与得分。",
    routers=[sources, frameworks, framework_deletion, cycles, observations, runs],
    peers={"registry": frozenset({"feed.read"}), "projects": frozenset({"feed.read"})},
    follows={"registry": FOLLOW_ZONES},
    vocabularies=VOCABULARIES,
    operations=[CREATE_RUN],
)


def create_app() -> FastAPI:
    return chassis.app.create_app(SERVICE)
