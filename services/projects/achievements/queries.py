"""The list of achievements, and what the shared rules need to know of them."""

from __future__ import annotations

from datetime import datetime

from chassis.listing import EXACT, ORDERED, TEXT, Facet, Filter, Listing
from services.projects.achievements.models import Achievement
from services.projects.achievements.schemas import AchievementEntry, AchievementOut
from services.projects.records import Records
from services.projects.zone_link import PROVINCE, zone_filters

ACHIEVEMENTS = Records("achievement", Achievement, AchievementEntry, AchievementOut)

LISTING = Listing(
    filters={
        "id": Filter(Achievement.id, "uuid"),
        "code": Filter(Achievement.code, "code", (*EXACT, "prefix")),
        "title": Filter(Achievement.title, "text", TEXT),
        **zone_filters(Achievement),
        "field": Filter(Achievement.field, "text", (*TEXT, "isnull")),
        "year": Filter(Achievement.year, "integer", (*ORDERED, "isnull")),
        "catalogue": Filter(Achievement.catalogue, "text", (*TEXT, "isnull")),
        "owner": Filter(Achievement.owner, "text", (*TEXT, "isnull")),
    },
    sorts={
        "code": (Achievement.code, str),
        "created_at": (Achievement.created_at, datetime),
        "updated_at": (Achievement.updated_at, datetime),
    },
    default_sort="code",
    id_column=Achievement.id,
    searched=Achievement,
    facets={
        "field": Facet(Achievement.field),
        "year": Facet(Achievement.year),
        "catalogue": Facet(Achievement.catalogue),
        "province": Facet(PROVINCE),
    },
)
