"""Zones of two provinces, and records for them."""

from __future__ import annotations

from typing import Any

from tests.registry.builders import zone

HUBEI, HUNAN = "420000", "430000"
ZONES = [zone("HB-1", "420102"), zone("HB-2", "420100"), zone("HN-1", "430181")]

# each collection with a member of its own, to be changed in tests
COLLECTIONS = [("projects", "programme"), ("achievements", "catalogue")]


def record(code: str = "R-1", zone: str | None = "code:HB-1", **more: Any) -> dict[str, Any]:
    """Body of a project or an achievement."""
    return {"code": code, "title": f"湿地修复{code}", "zone": zone, "field": "生态", "year": 2018} | more


def row(code: str = "R-1", zone: str = "HB-1", **more: Any) -> dict[str, Any]:
    """Row of a sheet of projects or achievements."""
    return {"code": code, "title": f"湿地修复{code}", "zone": zone, "field": "生态", "year": "2018"} | more
