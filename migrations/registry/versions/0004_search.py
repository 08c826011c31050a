"""Zones and divisions are found by words, pinyin and initials, and sorted by pinyin."""

from typing import Final

from alembic import context, op

from chassis.schema_steps.search_columns import add_search_columns
from chassis.search.columns import FoundBy

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    offline = context.is_offline_mode()
    add_search_columns(op, "division", FoundBy(names=("name",)), offline=offline)
    zone = FoundBy(names=("name_zh", "name_en"), texts=("theme",))
    add_search_columns(op, "zone", zone, offline=offline)
