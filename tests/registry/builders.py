"""Divisions and zones for tests; the codes are real, the zones are made up."""

from __future__ import annotations

from typing import Any


def division(code: str, name: str, first: str = "198012", gone: str = "", **more: Any) -> dict[str, Any]:
    row = {"system": "gbt2260", "code": code, "name": name, "first_edition": first, "gone_by_edition": gone}
    return row | {"longitude": "", "latitude": "", "source": "S-GBT2260"} | more


DIVISIONS = [
    division("420000", "湖北省"),
    division("420100", "武汉市"),
    division("420102", "江岸区"),
    division("430000", "湖南省"),
    division("430100", "长沙市"),
    division("430181", "浏阳市", "199312"),
    division("320982", "大丰市", "199612", "201512"),
    division("320000", "江苏省"),
]


def zone(code: str = "Z-1", division_code: str = "420102", **more: Any) -> dict[str, Any]:
    body = {
        "code": code,
        "names": {"zh-Hans": f"试验区{code}", "en": f"Zone {code}"},
        "tier": "national",
        "kind": "large_city_district",
        "division": {"code": division_code, "edition": "201904"},
    }
    return body | more


def zone_row(code: str = "Z-1", division_code: str = "420102", **more: Any) -> dict[str, Any]:
    row = {"code": code, "name_zh": f"试验区{code}", "tier": "national", "state": "operating"}
    return row | {"division_code": division_code, "division_edition": "201904", "exit_reason": ""} | more
