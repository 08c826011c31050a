"""Frameworks, indicators and sources are found by words, pinyin and initials, and sorted by pinyin."""

from typing import Final

from alembic import context, op

from chassis.schema_steps.search_columns import add_search_columns
from chassis.search.columns import FoundBy

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    offline = context.is_offline_mode()
    add_search_columns(op, "framework", FoundBy(names=("names",)), offline=offline)
    add_search_columns(op, "indicator", FoundBy(names=("names",), texts=("definition",)), offline=offline)
    add_search_columns(op, "source", FoundBy(names=("title",), texts=("publisher",)), offline=offline)
