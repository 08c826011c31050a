"""Alembic enters here for the history of `registry`."""

from migrations.env import run_history

run_history("registry")
