"""Accounts are found by words, pinyin and initials, and sorted by pinyin."""

from typing import Final

from alembic import context, op

from chassis.schema_steps.search_columns import add_search_columns
from chassis.search.columns import FoundBy

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    account = FoundBy(names=("name",), codes=("login",))
    add_search_columns(op, "account", account, offline=context.is_offline_mode())
