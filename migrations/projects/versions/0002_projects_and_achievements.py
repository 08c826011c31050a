"""Projects and achievements."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from migrations.columns import resource_columns
from migrations.env import runtime_role

revision: Final = "0002"
down_revision: Final = "0001"


def _record(table: str) -> list[sa.Column]:  # type: ignore[type-arg]  # columns of several types
    return [
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("zone_id", sa.Uuid, sa.ForeignKey("replica.id", name=op.f(f"fk_{table}_zone_id"))),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("field", sa.String),
        sa.Column("year", sa.Integer),
        sa.Column("source", sa.String),
        sa.Column("note", sa.String),
    ]


def upgrade() -> None:
    op.create_table(
        "project",
        *_record("project"),
        sa.Column("organisation", sa.String),
        sa.Column("programme", sa.String),
        sa.Column("budget", sa.Numeric),
        sa.Column("currency", sa.String),
        sa.UniqueConstraint("code", name=op.f("uq_project_code")),
        sa.CheckConstraint("(budget IS NULL) = (currency IS NULL)", name=op.f("ck_project_amount_is_whole")),
        sa.CheckConstraint("budget >= 0", name=op.f("ck_project_budget")),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("ck_project_currency")),
        sa.CheckConstraint("year BETWEEN 1900 AND 2100", name=op.f("ck_project_year")),
    )
    op.create_table(
        "achievement",
        *_record("achievement"),
        sa.Column("owner", sa.String),
        sa.Column("applicable_conditions", sa.String),
        sa.Column("catalogue", sa.String),
        sa.UniqueConstraint("code", name=op.f("uq_achievement_code")),
        sa.CheckConstraint("year BETWEEN 1900 AND 2100", name=op.f("ck_achievement_year")),
    )
    op.create_index("ix_project_zone_id", "project", ["zone_id"])
    op.create_index("ix_achievement_zone_id", "achievement", ["zone_id"])
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON project, achievement TO "{runtime_role()}"')
