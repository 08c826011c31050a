"""Columns that every resource's table was first made with. Frozen, as the versions that use it are."""

from typing import Any

import sqlalchemy as sa


def resource_columns() -> list[sa.Column[Any]]:
    """`id, version, created_*, updated_*, deleted_at`."""
    instant = sa.DateTime(timezone=True)
    return [
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", instant, nullable=False, server_default=sa.func.now()),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("updated_at", instant, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_by", sa.String, nullable=False),
        sa.Column("deleted_at", instant),
    ]
