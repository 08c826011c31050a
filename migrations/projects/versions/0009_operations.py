"""Long work: its record and its queue."""

from typing import Final

from alembic import op

from chassis.schema_steps.operations import create_operations
from migrations.env import runtime_role

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    create_operations(op.execute, runtime_role(), "projects")
