"""The list of projects, and what the shared rules need to know of them."""

from __future__ import annotations

from datetime import datetime

from chassis.listing import Filter, Listing
from services.projects.projects.models import Project
from services.projects.projects.schemas import ProjectEntry, ProjectOut
from services.projects.record_documents import documents_of
from services.projects.records import Records
from services.projects.zone_link import zone_filters

PROJECTS = Records("project", Project, ProjectEntry, ProjectOut)
PROJECT_DOCUMENTS = documents_of("projects", PROJECTS)

LISTING = Listing(
    filters={
        "id": Filter(Project.id, "uuid", ("eq", "in")),
        "code": Filter(Project.code, "code", ("eq", "in", "prefix")),
        "title": Filter(Project.title, "text", ("eq", "contains")),
        **zone_filters(Project),
        "field": Filter(Project.field, "text", ("eq", "ne", "in", "nin", "isnull")),
        "year": Filter(Project.year, "integer", ("eq", "ne", "in", "lt", "lte", "gt", "gte", "isnull")),
        "programme": Filter(Project.programme, "text", ("eq", "contains", "isnull")),
    },
    sorts={"code": (Project.code, str), "created_at": (Project.created_at, datetime)},
    default_sort="code",
    id_column=Project.id,
)
