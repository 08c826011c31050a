"""The list of projects, and what the shared rules need to know of them."""

from __future__ import annotations

from datetime import datetime

from chassis.listing import EXACT, ORDERED, TEXT, Facet, Filter, Listing
from services.projects.projects.models import Project
from services.projects.projects.schemas import ProjectEntry, ProjectOut
from services.projects.record_documents import documents_of
from services.projects.records import Records
from services.projects.zone_link import PROVINCE, zone_filters

PROJECTS = Records("project", Project, ProjectEntry, ProjectOut)
PROJECT_DOCUMENTS = documents_of("projects", PROJECTS)

LISTING = Listing(
    filters={
        "id": Filter(Project.id, "uuid"),
        "code": Filter(Project.code, "code", (*EXACT, "prefix")),
        "title": Filter(Project.title, "text", TEXT),
        **zone_filters(Project),
        "field": Filter(Project.field, "text", (*TEXT, "isnull")),
        "year": Filter(Project.year, "integer", (*ORDERED, "isnull")),
        "programme": Filter(Project.programme, "text", (*TEXT, "isnull")),
        "organisation": Filter(Project.organisation, "text", (*TEXT, "isnull")),
        "budget": Filter(Project.budget, "decimal", ("lt", "lte", "gt", "gte", "isnull")),
        "currency": Filter(Project.currency, "code", (*EXACT, "isnull")),
    },
    sorts={
        "code": (Project.code, str),
        "created_at": (Project.created_at, datetime),
        "updated_at": (Project.updated_at, datetime),
    },
    default_sort="code",
    id_column=Project.id,
    searched=Project,
    facets={
        "field": Facet(Project.field),
        "year": Facet(Project.year),
        "programme": Facet(Project.programme),
        "province": Facet(PROVINCE),
    },
)
