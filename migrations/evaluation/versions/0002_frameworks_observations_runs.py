"""Sources, indicators, frameworks, cycles, observations, runs and their scores."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import resource_columns
from migrations.env import runtime_role

revision: Final = "0002"
down_revision: Final = "0001"

_WRITTEN = "source, indicator, framework, cycle, observation"


def _reference(table: str, column: str, target: str, *, nullable: bool = False) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=op.f(f"fk_{table}_{column}"))
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


def upgrade() -> None:
    _sources()
    _frameworks()
    _observations()
    _runs()
    role = runtime_role()
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON {_WRITTEN} TO "{role}"')
    op.execute(f'GRANT SELECT, INSERT, DELETE ON framework_node TO "{role}"')
    # a run never changes, whatever the service's code says
    op.execute(f'GRANT SELECT, INSERT ON run, score TO "{role}"')


def _sources() -> None:
    op.create_table(
        "source",
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("publisher", sa.String),
        sa.Column("published", sa.String),
        sa.Column("address", sa.String),
        sa.Column("licence", sa.String),
        sa.UniqueConstraint("code", name=op.f("uq_source_code")),
        sa.CheckConstraint(r"published ~ '^\d{4}(-\d{2}(-\d{2})?)?$'", name=op.f("ck_source_published_date")),
    )


def _frameworks() -> None:
    op.create_table(
        "indicator",
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("valid_min", sa.Numeric),
        sa.Column("valid_max", sa.Numeric),
        sa.Column("definition", sa.String),
        sa.UniqueConstraint("code", name=op.f("uq_indicator_code")),
        sa.CheckConstraint("valid_min <= valid_max", name=op.f("ck_indicator_valid_range")),
    )
    op.create_table(
        "framework",
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("note", sa.String),
    )
    live = sa.text("deleted_at IS NULL")
    op.create_index("uq_framework_code", "framework", ["code"], unique=True, postgresql_where=live)
    op.create_table(
        "framework_node",
        _reference("framework_node", "framework_id", "framework"),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("parent", sa.String),
        sa.Column("names", JSONB, nullable=False),
        sa.Column("weight", sa.Numeric, nullable=False),
        sa.Column("aggregation", sa.String),
        sa.Column("min_available", sa.Numeric),
        sa.Column("direction", sa.String),
        _reference("framework_node", "indicator_id", "indicator", nullable=True),
        sa.PrimaryKeyConstraint("framework_id", "code", name=op.f("pk_framework_node")),
        sa.ForeignKeyConstraint(
            ["framework_id", "parent"],
            ["framework_node.framework_id", "framework_node.code"],
            name=op.f("fk_framework_node_parent"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_framework_node_weight_not_negative")),
        sa.CheckConstraint("min_available BETWEEN 0 AND 1", name=op.f("ck_framework_node_share_of_members")),
        sa.CheckConstraint(
            "CASE WHEN indicator_id IS NULL"
            " THEN direction IS NULL AND aggregation IS NOT NULL AND min_available IS NOT NULL"
            " ELSE direction IS NOT NULL AND aggregation IS NULL AND min_available IS NULL"
            " AND parent IS NOT NULL END",
            name=op.f("ck_framework_node_branch_or_leaf"),
        ),
    )
    op.create_index(
        "uq_framework_node_root",
        "framework_node",
        ["framework_id"],
        unique=True,
        postgresql_where=sa.text("parent IS NULL"),
    )
    op.create_index("ix_framework_node_indicator_id", "framework_node", ["indicator_id"])
    op.create_table(
        "cycle",
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("names", JSONB, nullable=False),
        _reference("cycle", "framework_id", "framework"),
        sa.Column("period", sa.String, nullable=False),
    )
    op.create_index("uq_cycle_code", "cycle", ["code"], unique=True, postgresql_where=live)
    op.create_index("ix_cycle_framework_id", "cycle", ["framework_id"])


def _observations() -> None:
    op.create_table(
        "observation",
        *resource_columns(),
        _reference("observation", "zone_id", "replica"),
        _reference("observation", "indicator_id", "indicator"),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("value", sa.Numeric),
        sa.Column("reference_division", sa.String),
        sa.Column("source", sa.String),
        sa.Column("note", sa.String),
        sa.UniqueConstraint("zone_id", "indicator_id", "period", name=op.f("uq_observation_key")),
        sa.CheckConstraint(
            "status IN"
            " ('reported', 'estimated', 'not_available', 'not_applicable', 'confidential', 'pending')",
            name=op.f("ck_observation_status"),
        ),
        sa.CheckConstraint(
            "(value IS NOT NULL) = (status IN ('reported', 'estimated'))",
            name=op.f("ck_observation_value_with_status"),
        ),
    )
    op.create_index("ix_observation_period_indicator_id", "observation", ["period", "indicator_id"])


def _runs() -> None:
    op.create_table(
        "run",
        *resource_columns(),
        _reference("run", "cycle_id", "cycle"),
        sa.Column("cycle", JSONB, nullable=False),
        sa.Column("period", sa.String, nullable=False),
        sa.Column("framework", JSONB, nullable=False),
        sa.Column("method", JSONB, nullable=False),
        sa.Column("sources", JSONB, nullable=False),
        sa.Column("engine_version", sa.String, nullable=False),
        sa.Column("input_digest", sa.String, nullable=False),
        sa.Column("zones", sa.Integer, nullable=False),
        sa.Column("ranked", sa.Integer, nullable=False),
        sa.Column("log", JSONB, nullable=False),
        sa.CheckConstraint("ranked BETWEEN 0 AND zones", name=op.f("ck_run_ranked_zones")),
    )
    op.create_index("ix_run_cycle_id", "run", ["cycle_id"])
    op.create_index("ix_run_created_at", "run", ["created_at", "id"])
    op.create_table(
        "score",
        sa.Column("id", sa.Uuid, primary_key=True),
        _reference("score", "run_id", "run"),
        _reference("score", "zone_id", "replica"),
        sa.Column("zone_code", sa.String),
        sa.Column("zone_names", JSONB, nullable=False),
        sa.Column("score", sa.Float(53)),
        sa.Column("rank", sa.Float(53)),
        sa.Column("inputs", JSONB, nullable=False),
        sa.Column("branches", JSONB, nullable=False),
        sa.Column("leaves", JSONB, nullable=False),
        sa.Column("dropped", JSONB, nullable=False),
        sa.UniqueConstraint("run_id", "zone_id", name=op.f("uq_score_run_zone")),
        sa.CheckConstraint("(score IS NULL) = (rank IS NULL)", name=op.f("ck_score_rank_with_score")),
        sa.CheckConstraint("score > '-infinity' AND score < 'infinity'", name=op.f("ck_score_score_finite")),
    )
    op.create_index("ix_score_zone_id", "score", ["zone_id"])
