"""Cycles over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.evaluation.builders import cycle, framework
from tests.evaluation.conftest import TwoServices, send

pytestmark = pytest.mark.anyio
PATH = "/api/v1/cycles/code:C-1"


async def test_a_cycle_applies_a_framework_to_a_period(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        shown = (await office.get(PATH, headers={"accept-language": "en"})).json()
        framework_id = (await office.get("/api/v1/frameworks/code:F-1")).json()["id"]
    assert shown["framework"] == {"id": framework_id, "code": "F-1"}
    assert (shown["period"], shown["period_start"], shown["period_end"]) == (
        "2024",
        "2024-01-01",
        "2025-01-01",
    )
    assert shown["name"] == "Cycle C-1"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"period": "2024-13"}, "#/period"),
        ({"framework": "F-1"}, "#/framework"),
        ({"framework": "code:OTHER"}, "#/framework"),
        ({"names": {"en": "only English"}}, "#/names/zh-Hans"),
        ({"state": "open"}, "#/state"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    prepared: TwoServices, more: dict[str, Any], pointer: str
) -> None:
    async with prepared.client() as office:
        answer = await office.post("/api/v1/cycles", json=cycle("C-2", **more))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_a_cycle_changes_under_if_match(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        await send(office, "frameworks", framework("F-2"))
        etag = {"if-match": (await office.get(PATH)).headers["etag"]}
        body = {"framework": "code:F-2", "period": "2024-Q3"}
        changed = await office.patch(PATH, json=body, headers=etag)
        late = await office.patch(PATH, json={"period": "2025"}, headers=etag)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (changed.json()["framework"]["code"], changed.json()["period_end"]) == ("F-2", "2024-10-01")
    assert (late.status_code, late.json()["changed_fields"]) == (412, ["framework", "period"])


async def test_cycles_are_found_by_framework_and_period(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        await send(office, "frameworks", framework("F-2"))
        await send(office, "cycles", cycle("C-2", framework="code:F-2", period="2023"))
        found = [
            [item["code"] for item in (await office.get(f"/api/v1/cycles?{query}")).json()["items"]]
            for query in ("framework=code:F-2", "period[prefix]=2024", "sort=-period", "code[in]=C-1,C-2")
        ]
        unknown = await office.get("/api/v1/cycles?frame=F-2")
    assert found == [["C-2"], ["C-1"], ["C-1", "C-2"], ["C-1", "C-2"]]
    assert (unknown.status_code, unknown.json()["errors"][0]["params"]) == (400, {"nearest": "framework"})
