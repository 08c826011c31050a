"""The projects service."""

from __future__ import annotations

from fastapi import FastAPI

from chassis import app as chassis_app
from services.projects.achievements.queries import ACHIEVEMENTS
from services.projects.achievements.routes import router as achievements
from services.projects.projects.queries import PROJECT_DOCUMENTS, PROJECTS
from services.projects.projects.routes import router as projects
from services.projects.zone_changes import follow_zones

SERVICE = chassis_app.Service(
    name="projects",
    title="SDZ projects 项目与成果",
    description="Projects and achievements of the zones. 实验区的项目与技术成果。",
    routers=[projects, achievements],
    peers={name: frozenset({"feed.read"}) for name in ("gateway", "registry", "evaluation")},
    vocabularies=(PROJECT_DOCUMENTS.categories,),
    follows={"registry": follow_zones([PROJECTS, ACHIEVEMENTS])},
)


def create_app() -> FastAPI:
    return chassis_app.create_app(SERVICE)
