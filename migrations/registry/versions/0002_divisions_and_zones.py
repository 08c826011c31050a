"""Divisions and zones."""

from typing import Final

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations.columns import resource_columns
from migrations.env import runtime_role

revision: Final = "0002"
down_revision: Final = "0001"


def _one_of(table: str, column: str, *values: str) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}"))


def upgrade() -> None:
    op.create_table(
        "division",
        *resource_columns(),
        sa.Column("system", sa.String, nullable=False),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("level", sa.String, nullable=False),
        sa.Column("path", ARRAY(sa.String), nullable=False),
        sa.Column("first_edition", sa.String(6), nullable=False),
        sa.Column("gone_by_edition", sa.String(6)),
        sa.Column("longitude", sa.Numeric),
        sa.Column("latitude", sa.Numeric),
        sa.Column("source", sa.String),
        sa.UniqueConstraint(
            "system", "code", "first_edition", name=op.f("uq_division_system_code_first_edition")
        ),
        sa.CheckConstraint(
            "gone_by_edition IS NULL OR first_edition < gone_by_edition",
            name=op.f("ck_division_editions_in_order"),
        ),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_division_longitude")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_division_latitude")),
    )
    # one code has one meaning in an edition
    op.execute(
        """
        ALTER TABLE division ADD CONSTRAINT ex_division_code_editions EXCLUDE USING gist (
            system WITH =, code WITH =,
            int4range(first_edition::integer, gone_by_edition::integer, '[)') WITH &&
        ) WHERE (deleted_at IS NULL)
        """
    )
    op.create_table(
        "zone",
        *resource_columns(),
        sa.Column("code", sa.String, nullable=False),
        sa.Column("name_zh", sa.String, nullable=False),
        sa.Column("name_en", sa.String),
        sa.Column("tier", sa.String),
        sa.Column("kind", sa.String),
        sa.Column("programme", sa.String),
        sa.Column("state", sa.String, nullable=False),
        sa.Column(
            "division_id",
            sa.Uuid,
            sa.ForeignKey("division.id", name=op.f("fk_zone_division_id")),
            nullable=False,
        ),
        sa.Column("division_edition", sa.String(6), nullable=False),
        sa.Column("division_relation", sa.String, nullable=False),
        sa.Column("division_path", ARRAY(sa.String), nullable=False),
        sa.Column("approved_year", sa.Integer),
        sa.Column("approved_batch", sa.String),
        sa.Column("advanced_demonstration_since", sa.Integer),
        sa.Column("exited_year", sa.Integer),
        sa.Column("exit_reason", sa.String),
        sa.Column("theme", sa.String),
        sa.Column("longitude", sa.Numeric),
        sa.Column("latitude", sa.Numeric),
        sa.Column("source", sa.String),
        sa.Column("note", sa.String),
        sa.UniqueConstraint("code", name=op.f("uq_zone_code")),
        _one_of("zone", "tier", "national", "provincial"),
        _one_of("zone", "kind", "large_city_district", "prefecture_city", "county", "town", "cross_region"),
        _one_of("zone", "state", "candidate", "operating", "exited"),
        _one_of("zone", "exit_reason", "eliminated", "withdrawn", "division_change", "merged"),
        _one_of("zone", "division_relation", "same", "part_of"),
        sa.CheckConstraint(
            "(state = 'exited') = (exit_reason IS NOT NULL)", name=op.f("ck_zone_exit_has_reason")
        ),
        sa.CheckConstraint(
            "exited_year IS NULL OR state = 'exited'", name=op.f("ck_zone_exit_year_of_exited")
        ),
        sa.CheckConstraint("(longitude IS NULL) = (latitude IS NULL)", name=op.f("ck_zone_point_is_whole")),
        sa.CheckConstraint("longitude BETWEEN -180 AND 180", name=op.f("ck_zone_longitude")),
        sa.CheckConstraint("latitude BETWEEN -90 AND 90", name=op.f("ck_zone_latitude")),
    )
    op.create_index("ix_zone_division_path", "zone", ["division_path"], postgresql_using="gin")
    op.create_table(
        "zone_external_id",
        sa.Column("system", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.Column(
            "zone_id",
            sa.Uuid,
            sa.ForeignKey("zone.id", name=op.f("fk_zone_external_id_zone_id")),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("system", "value", name=op.f("pk_zone_external_id")),
    )
    op.create_index("ix_zone_external_id_zone_id", "zone_external_id", ["zone_id"])
    role = runtime_role()
    op.execute(f'GRANT SELECT, INSERT, UPDATE ON division, zone TO "{role}"')
    op.execute(f'GRANT SELECT, INSERT, UPDATE, DELETE ON zone_external_id TO "{role}"')
