"""Zones of two provinces, a small framework, and values for it."""

from __future__ import annotations

from typing import Any

from tests.registry.builders import zone

HUBEI, HUNAN = "420000", "430000"
ZONES = [zone("HB-1", "420102"), zone("HB-2", "420100"), zone("HN-1", "430181")]
PERIOD = "2024"


def branch(code: str, parent: str | None = "ALL", weight: str = "1", minimum: str = "0.5") -> dict[str, Any]:
    return {
        "code": code,
        "parent": parent,
        "names": {"zh-Hans": f"分组{code}", "en": f"Branch {code}"},
        "weight": weight,
        "aggregation": "arithmetic",
        "min_available": minimum,
    }


def leaf(code: str, parent: str = "ALL", weight: str = "1", **more: Any) -> dict[str, Any]:
    node = {
        "code": code,
        "parent": parent,
        "names": {"zh-Hans": f"指标{code}", "en": f"Indicator {code}"},
        "weight": weight,
        "unit": "%",
        "direction": "higher_is_better",
        "valid_min": "0",
        "valid_max": "100",
        "definition": None,
    }
    return node | more


def framework(code: str = "F-1", **more: Any) -> dict[str, Any]:
    """A root over two indicators; of the second less is better."""
    nodes = [
        branch("ALL", None),
        leaf("GREEN", weight="0.6"),
        leaf("SMOKE", weight="0.4", direction="lower_is_better"),
    ]
    names = {"zh-Hans": f"体系{code}", "en": f"Framework {code}"}
    return {"code": code, "names": names, "note": None, "nodes": nodes} | more


def cycle(code: str = "C-1", **more: Any) -> dict[str, Any]:
    names = {"zh-Hans": f"周期{code}", "en": f"Cycle {code}"}
    return {"code": code, "names": names, "framework": "code:F-1", "period": PERIOD} | more


def method(ties: str = "minimum", tolerance: str = "1e-12", **scale: Any) -> dict[str, Any]:
    normalisation = {
        "method": "min_max",
        "low": "0",
        "high": "100",
        "bounds": "current_set",
        "constant": "missing",
    }
    return {"normalisation": normalisation | scale, "ranking": {"ties": ties, "tolerance": tolerance}}


def run(cycle_ref: str = "code:C-1", **settings: Any) -> dict[str, Any]:
    return {"cycle": cycle_ref, "method": method(**settings)}


def row(zone_code: str = "HB-1", indicator: str = "GREEN", value: str = "50", **more: Any) -> dict[str, Any]:
    """Row of a sheet of observations."""
    values = {
        "zone": zone_code,
        "indicator": indicator,
        "period": PERIOD,
        "status": "reported",
        "value": value,
        "reference_division": "",
        "source": "S-1",
        "note": "",
    }
    return values | more


SOURCE = {
    "code": "S-1",
    "title": "统计年鉴",
    "publisher": "统计局",
    "date": "2025-06",
    "address": "https://example.org/yearbook",
    "licence": "facts only",
}

# HB-1: 90 and 10, HB-2: 40 and 30, HN-1: 65 and no second value
ROWS = [
    row("HB-1", "GREEN", "90.50"),
    row("HB-1", "SMOKE", "10", reference_division="420100", status="estimated"),
    row("HB-2", "GREEN", "40.50"),
    row("HB-2", "SMOKE", "30"),
    row("HN-1", "GREEN", "65.50"),
    row("HN-1", "SMOKE", "", status="not_available"),
]
