"""Projects and achievements are found by words, pinyin and initials, and sorted by pinyin."""

from typing import Final

from alembic import context, op

from chassis.schema_steps.search_columns import add_search_columns
from chassis.search.columns import FoundBy

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    offline = context.is_offline_mode()
    project = FoundBy(names=("title",), texts=("field", "organisation", "programme"))
    add_search_columns(op, "project", project, offline=offline)
    achievement = FoundBy(names=("title",), texts=("field", "owner", "applicable_conditions"))
    add_search_columns(op, "achievement", achievement, offline=offline)
