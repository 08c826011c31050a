"""Plans of imports, kept for a day."""

from typing import Final

from alembic import op

from chassis.schema_steps.import_plans import create_import_plans
from migrations.env import runtime_role

revision: Final = "0009"
down_revision: Final = "0008"


def upgrade() -> None:
    create_import_plans(op.execute, runtime_role())
