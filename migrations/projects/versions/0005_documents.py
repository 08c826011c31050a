"""Documents of resources."""

from typing import Final

from alembic import op

from chassis.schema_steps.documents import create_documents
from migrations.env import runtime_role

revision: Final = "0005"
down_revision: Final = "0004"


def upgrade() -> None:
    create_documents(op.execute, runtime_role())
