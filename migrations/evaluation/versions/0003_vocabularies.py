"""Vocabularies that administrators may extend."""

from typing import Final

from alembic import op

from chassis.schema_steps.vocabularies import create_vocabularies
from migrations.env import runtime_role

revision: Final = "0003"
down_revision: Final = "0002"


def upgrade() -> None:
    create_vocabularies(op.execute, runtime_role())
