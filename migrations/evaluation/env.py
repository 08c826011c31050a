"""Alembic enters here for the history of `evaluation`."""

from migrations.env import run_history

run_history("evaluation")
