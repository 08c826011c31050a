"""Horizon, snapshot, digests and recovery of the feeds."""

from typing import Final

from alembic import op

from chassis.schema_steps.feed_state import create_feed_state
from migrations.env import runtime_role

revision: Final = "0006"
down_revision: Final = "0005"


def upgrade() -> None:
    create_feed_state(op.execute, runtime_role())
