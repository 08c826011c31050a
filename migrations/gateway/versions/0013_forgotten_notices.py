"""Old notices are removed."""

from typing import Final

from alembic import op

from migrations.env import runtime_role

revision: Final = "0013"
down_revision: Final = "0012"


def upgrade() -> None:
    op.execute(f'GRANT DELETE ON notice TO "{runtime_role()}"')
