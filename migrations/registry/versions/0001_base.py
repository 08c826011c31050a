"""What every service stands on: outbox, feed, consumers, replicas, idempotency records."""

from typing import Final

from alembic import op

from chassis.base_schema import create_base_tables
from migrations.env import runtime_role

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    create_base_tables(op.execute, runtime_role())
