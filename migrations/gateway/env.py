"""Alembic enters here for the history of `gateway`."""

from migrations.env import run_history

run_history("gateway")
