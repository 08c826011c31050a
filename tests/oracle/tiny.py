"""Demonstration folders small enough to be worked out by hand."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Values = Mapping[str, Mapping[str, str | None]]
"""Values by indicator and zone; None: not available."""


def inner(code: str, parent: str | None, weight: str = "1", min_available: str = "0.5") -> dict[str, Any]:
    """A node with children."""
    return {
        "code": code,
        "parent": parent,
        "weight": weight,
        "aggregation": "arithmetic",
        "min_available": min_available,
    }


def leaf(code: str, parent: str, weight: str = "1", direction: str = "higher_is_better") -> dict[str, Any]:
    """An indicator without bounds."""
    bounds = {"valid_min": None, "valid_max": None}
    return {"code": code, "parent": parent, "weight": weight, "direction": direction, **bounds}


def write(
    folder: Path,
    nodes: Sequence[Mapping[str, Any]],
    values: Values,
    *,
    states: Mapping[str, str] | None = None,
    statuses: Mapping[tuple[str, str], str] | None = None,
    ties: str = "minimum",
) -> Path:
    """The folder with these nodes and values for 2012; zones operate and values are reported if not said."""
    folder.mkdir()
    zones = sorted({zone for column in values.values() for zone in column})
    states, statuses = states or {}, statuses or {}
    write_rows(folder / "zones.csv", [{"code": z, "state": states.get(z, "operating")} for z in zones])
    write_rows(
        folder / "observations.csv",
        [
            {
                "zone": zone,
                "indicator": indicator,
                "period": "2012",
                "status": statuses.get((zone, indicator), "not_available" if value is None else "reported"),
                "value": value or "",
            }
            for indicator, column in values.items()
            for zone, value in column.items()
        ],
    )
    scale = {"method": "min_max", "low": "0", "high": "100", "bounds": "current_set", "constant": "missing"}
    method = {"normalisation": scale, "ranking": {"ties": ties, "tolerance": "1e-12"}}
    for name, body in (
        ("framework", {"nodes": list(nodes)}),
        ("cycle", {"period": "2012"}),
        ("run", {"method": method}),
    ):
        (folder / f"{name}.json").write_text(json.dumps(body), encoding="utf-8")
    return folder


def write_rows(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """A CSV file with the header of its first row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
