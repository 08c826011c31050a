"""The registry as a service."""

from __future__ import annotations

from fastapi import FastAPI

from chassis import app as chassis_app
from services.registry.divisions.routes import router as divisions
from services.registry.divisions.vocabulary import LEVEL
from services.registry.zones.documents import ZONE_DOCUMENTS
from services.registry.zones.routes import router as zones
from services.registry.zones.vocabulary import PROGRAMME, VOCABULARIES

SERVICE = chassis_app.Service(
    name="registry",
    title="SDZ registry 注册",
    description="Zones and administrative divisions. 实验区与行政区划。",
    routers=[
        divisions,
        zones,
    ],
    peers={
        "gateway": frozenset({"feed.read"}),
        "projects": frozenset({"feed.read", "zone.read"}),
        "evaluation": frozenset({"feed.read", "zone.read"}),
    },
    vocabularies=(
        LEVEL,
        *VOCABULARIES,
        PROGRAMME,
        ZONE_DOCUMENTS.categories,
    ),
)


def create_app() -> FastAPI:
    return chassis_app.create_app(SERVICE)
