"""The guide's capability as a caller meets it; run in a checkout that has it (see `test_capability`)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks.__main__ import load_benchmark
from benchmarks.world import World
from tests.contract.matrix.table import read_table
from tests.contract.recipes import RECIPES, operations_of
from tests.postgres import ServiceDatabases
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio
HUBEI, HUNAN = province("420000"), province("430000")
PATH = "/api/v1/centres"
CSV = {"content-type": "text/csv"}


def centre(code: str, **more: Any) -> dict[str, Any]:
    body = {"code": code, "name": "江岸展示中心", "kind": "exhibition", "seats": None}
    return body | {"division_code": "420102", "division_edition": "201904"} | more


async def test_it_is_entered_found_and_counted(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await office.post(PATH, json=centre("C-1"))
        trained = centre("C-2", name="浏阳培训中心", kind="training", seats=80, division_code="430181")
        await office.post(PATH, json=trained)
        again = await office.post(PATH, json=centre("C-1"))
        pinyin = await office.get(f"{PATH}?q=liuyang")
        filtered = await office.get(f"{PATH}?kind=training&seats[gte]=80&within=430000&count=exact")
        faceted = await office.get(f"{PATH}?facets=kind,province&sort=-name")
        unknown = await office.get(f"{PATH}?colour=red")
    assert made.status_code == 201
    assert made.json()["division_path"] == ["420000", "420100", "420102"]
    assert again.status_code == 409
    assert again.json()["errors"][0] | {"detail": ""} == {
        "code": "code_taken",
        "detail": "",
        "pointer": "#/code",
        "severity": "error",
        "params": {},
    }
    assert [item["code"] for item in pinyin.json()["items"]] == ["C-2"]
    assert (filtered.json()["page"]["total"], filtered.json()["items"][0]["seats"]) == (1, 80)
    kinds = {value["value"]: value["labels"]["en"] for value in faceted.json()["facets"]["kind"]["values"]}
    assert kinds == {"exhibition": "Exhibition centre", "training": "Training centre"}
    assert [item["code"] for item in faceted.json()["items"]] == ["C-2", "C-1"]
    assert unknown.status_code == 400


async def test_a_wrong_body_is_refused_where_it_is_wrong(registry: RunningService) -> None:
    wrong: dict[str, list[dict[str, Any]]] = {
        "seats": [{"kind": "training"}, {"seats": 0}, {"seats": "many"}],
        "kind": [{"kind": "museum"}, {"kind": None}],
        "division_code": [{"division_code": "999999"}, {"division_code": "42"}],
        "name": [{"name": None}, {"name": " "}, {"name": "\0"}],
        "colour": [{"colour": "red"}],
    }
    async with registry.client(ministry()) as office:
        for member, bodies in wrong.items():
            for body in bodies:
                answer = await office.post(PATH, json=centre("C-1", **body))
                told = [item["pointer"] for item in answer.json()["errors"]]
                assert (answer.status_code, told) == (422, [f"#/{member}"]), body


async def test_a_change_is_versioned_told_and_recorded(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await office.post(PATH, json=centre("C-1"))
        path, match = made.headers["location"], {"if-match": made.headers["etag"]}
        careless = await office.patch(path, json={"seats": 12})
        changed = await office.patch(path, json={"seats": 12}, headers=match)
        late = await office.patch(path, json={"seats": 13}, headers=match)
        emptied = await office.patch(path, json={"name": None}, headers={"if-match": changed.headers["etag"]})
        moving = {"division_code": "430181"}
        moved = await office.patch(path, json=moving, headers={"if-match": changed.headers["etag"]})
        gone = await office.delete(path, headers={"if-match": moved.headers["etag"]})
        await registry.number_events()
        feed = (await office.get("/api/v1/changes?types=centre")).json()["items"]
        trail = (await office.get("/api/v1/audit?sort=number&limit=500")).json()["items"]
        after = await office.get(path)
    assert (careless.status_code, late.status_code, emptied.status_code) == (428, 412, 422)
    assert late.json()["changed_fields"] == ["seats"]
    assert [event["type"].split(".")[2] for event in feed] == ["created", "updated", "updated", "deleted"]
    assert [event["data"]["changed"] for event in feed[1:3]] == [
        ["seats"],
        ["division_code", "division_path"],
    ]
    assert feed[1]["data"]["resource"] == changed.json()
    about = [record for record in trail if (record["object"] or {}).get("kind") == "centre"]
    assert [record["action"] for record in about] == [
        "create_centre",
        "change_centre",
        "change_centre",
        "delete_centre",
    ]
    assert about[1]["before"] == about[0]["after"]
    assert (gone.status_code, after.status_code) == (204, 404)


async def test_two_provinces_see_their_own_and_what_left_them(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for code, division in (("C-1", "420102"), ("C-2", "430181")):
            made = await office.post(PATH, json=centre(code, division_code=division))
        match = {"if-match": made.headers["etag"]}
        await office.patch(f"{PATH}/code:C-2", json={"division_code": "420102"}, headers=match)
    await registry.number_events()
    seen, told = {}, {}
    for name, caller in (("hubei", HUBEI), ("hunan", HUNAN)):
        async with registry.client(caller) as office:
            listed = (await office.get(PATH)).json()["items"]
            exported = (await office.get(f"{PATH}/export")).text.splitlines()[1:]
            events = (await office.get("/api/v1/changes?types=centre")).json()["items"]
            seen[name] = [[item["code"] for item in listed], [line[:3] for line in exported]]
            told[name] = [event["type"].split(".")[2] for event in events]
    assert seen == {"hubei": [["C-1", "C-2"], ["C-1", "C-2"]], "hunan": [[], []]}
    assert told == {"hubei": ["created", "updated"], "hunan": ["created", "removed_from_scope"]}


async def test_what_is_exported_is_imported_unchanged(registry: RunningService) -> None:
    rows = [centre("C-1"), centre("C-2", kind="training", seats=40), centre("C-3", division_code="430181")]
    async with registry.client(ministry()) as office, registry.client(HUBEI) as hubei:
        first = await office.post(f"{PATH}/imports?commit=true", content=csv_text(rows), headers=CSV)
        exported = await office.get(f"{PATH}/export?sort=code")
        again = await office.post(f"{PATH}/imports?commit=true", content=exported.content, headers=CSV)
        wrong = [
            centre("C-4", kind="training"),
            centre("C-5", division_code="999999"),
            centre("C-6", division_code="430181"),  # goes elsewhere
            centre("C-3"),  # comes from elsewhere
        ]
        plan = await hubei.post(f"{PATH}/imports", content=csv_text(wrong), headers=CSV)
        headed = exported.text.replace("code,name", "中心代码,名称", 1).replace(",40,", ",45,")
        renamed = await office.post(f"{PATH}/imports?commit=true", content=headed.encode(), headers=CSV)
        await registry.number_events()
        events = (await office.get("/api/v1/changes?types=centre")).json()["items"]
    assert first.json()["counts"]["created"] == 3, first.text
    assert again.json()["counts"]["unchanged"] == 3, again.text
    codes = [row["issues"][0]["code"] for row in plan.json()["rows"]]
    assert codes == ["seats_missing", "unknown_division", *["outside_write_scope"] * 2]
    assert renamed.json()["counts"]["updated"] == 1
    assert [event["data"]["changed"] for event in events[3:]] == [["seats"]]


async def test_every_new_operation_has_a_recipe(registry: RunningService) -> None:
    found = {operation.name: operation for operation in operations_of(registry.app.openapi())}
    new = set(found) - set(read_table())
    assert {"list_centres", "create_centre", "export_centres", "commit_centres_import"} <= new
    assert {name for name in new if found[name].template.count("{") or found[name].method != "GET"} <= {
        *RECIPES
    }


class Prepared(World):
    """Gives out a database that is there already."""

    def __init__(self, databases: ServiceDatabases) -> None:
        super().__init__(lambda line: None, seconds=1)
        self.databases = databases

    @contextmanager
    def new_databases(self) -> Iterator[ServiceDatabases]:
        yield self.databases


def test_its_benchmark_measures_what_it_says(
    service_databases: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("benchmarks.suite.centres"), "ROWS", 60)
    monkeypatch.setattr("benchmarks.lists._TIMES", 1)
    with load_benchmark("centres").open(Prepared(service_databases)) as tables:
        measured = {name: case() for cases in tables.values() for name, case in cases.items()}
    assert set(measured) == {"a page", "q"}
    assert all(set(figures) == {"ms"} for figures in measured.values())
