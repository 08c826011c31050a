"""How a stored run is shown."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from services.evaluation.runs.log_words import show_log
from services.evaluation.runs.models import Run
from services.evaluation.runs.schemas import RunCounts, RunOut, RunSummaryOut

_AS_STORED = (
    "id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at",
    "cycle", "framework", "period", "method", "engine_version", "input_digest",
)  # fmt: skip


def _members(run: Run) -> dict[str, Any]:
    counts = RunCounts(zones=run.zones, ranked=run.ranked, not_ranked=run.zones - run.ranked)
    return {**{name: getattr(run, name) for name in _AS_STORED}, "counts": counts}


def show_summary(run: Run) -> RunSummaryOut:
    return RunSummaryOut.model_validate(_members(run))


def show(run: Run, visible_zones: Collection[str] | None) -> RunOut:
    """The whole run; of zones only the visible ones are named (None: all)."""
    log = [show_log(entry, visible_zones) for entry in run.log]
    warnings = [entry for entry in log if entry.warning]
    return RunOut.model_validate({**_members(run), "log": log, "warnings": warnings})
