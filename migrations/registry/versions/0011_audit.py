"""The audit trail: records, their chain, what is personal in them, signed heads."""

from typing import Final

from alembic import op

from chassis.schema_steps.audit import create_audit
from migrations.env import runtime_role

revision: Final = "0011"
down_revision: Final = "0010"


def upgrade() -> None:
    create_audit(op.execute, runtime_role())
