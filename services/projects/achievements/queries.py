"""The list of achievements, and what the shared rules need to know of them."""

from __future__ import annotations

from datetime import datetime

from chassis.listing import Filter, Listing
from services.projects.achievements.models import Achievement
from services.projects.achievements.schemas import AchievementEntry, AchievementOut
from services.projects.records import Records
from services.projects.zone_link import zone_filters

ACHIEVEMENTS = Records("achievement", Achievement, AchievementEntry, AchievementOut)

LISTING = Listing(
    filters={
        "id": Filter(Achievement.id, "uuid", ("eq", "in")),
        "code": Filter(Achievement.code, "code", ("eq", "in", "prefix")),
        "title": Filter(Achievement.title, "text", ("eq", "contains")),
        **zone_filters(Achievement),
        "field": Filter(Achievement.field, "text", ("eq", "ne", "in", "nin", "isnull")),
        "year": Filter(Achievement.year, "integer", ("eq", "ne", "in", "lt", "lte", "gt", "gte", "isnull")),
        "catalogue": Filter(Achievement.catalogue, "text", ("eq", "contains", "isnull")),
    },
    sorts={"code": (Achievement.code, str), "created_at": (Achievement.created_at, datetime)},
    default_sort="code",
    id_column=Achievement.id,
)
