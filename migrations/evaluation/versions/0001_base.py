"""What every service stands on: outbox, feed, consumers, replicas, idempotency records."""

from typing import Final

from chassis.base_schema import create_base_tables
from migrations.env import connection, runtime_role

revision: Final = "0001"
down_revision: Final = None


def upgrade() -> None:
    create_base_tables(connection(), runtime_role())
