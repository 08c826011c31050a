"""Transitions that have happened."""

from typing import Final

from alembic import op

from chassis.schema_steps.transitions import create_transitions
from migrations.env import runtime_role

revision: Final = "0011"
down_revision: Final = "0010"


def upgrade() -> None:
    create_transitions(op.execute, runtime_role())
