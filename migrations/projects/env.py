"""Alembic enters here for the history of `projects`."""

from migrations.env import run_history

run_history("projects")
