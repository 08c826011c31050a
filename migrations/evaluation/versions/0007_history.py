"""History of resources."""

from typing import Final

from alembic import op

from chassis.schema_steps.history import create_history
from migrations.env import runtime_role

revision: Final = "0007"
down_revision: Final = "0006"


def upgrade() -> None:
    create_history(op.execute, runtime_role())
