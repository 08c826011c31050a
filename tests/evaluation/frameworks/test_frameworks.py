"""Frameworks and indicators over the API."""

from __future__ import annotations

import httpx
import pytest

from tests.evaluation.builders import HUBEI, branch, cycle, framework, leaf
from tests.evaluation.conftest import TwoServices, send
from tests.service_app import ministry, province

pytestmark = pytest.mark.anyio
PATH = "/api/v1/frameworks/code:F-1"


async def _patch(office: httpx.AsyncClient, body: dict[str, object]) -> httpx.Response:
    etag = (await office.get(PATH)).headers["etag"]
    return await office.patch(PATH, json=body, headers={"if-match": etag})


async def test_a_framework_is_answered_as_it_was_given(services: TwoServices) -> None:
    body = framework(note="演示")
    async with services.client() as office:
        made = await send(office, "frameworks", body)
        shown = await office.get(made.headers["location"])
        listed = (await office.get("/api/v1/frameworks")).json()["items"]
    assert shown.json() == made.json()
    assert shown.headers["etag"] == made.headers["etag"]
    assert {name: shown.json()[name] for name in ("code", "names", "note")} == {
        name: body[name] for name in ("code", "names", "note")
    }
    for given, stored in zip(body["nodes"], shown.json()["nodes"], strict=True):
        assert {name: stored[name] for name in given} == given
    assert [(item["code"], item["name"], "nodes" in item) for item in listed] == [("F-1", "体系F-1", False)]


async def test_indicators_come_with_the_first_framework_and_are_shared(services: TwoServices) -> None:
    async with services.client() as office:
        await send(office, "frameworks", framework())
        first = (await office.get("/api/v1/indicators/code:GREEN")).json()
        await send(office, "frameworks", framework("F-2"))
        again = (await office.get(f"/api/v1/indicators/{first['id']}")).json()
        listed = (await office.get("/api/v1/indicators?sort=-code")).json()["items"]
    assert first == again
    assert (first["unit"], first["valid_min"], first["valid_max"]) == ("%", "0", "100")
    assert [item["code"] for item in listed] == ["SMOKE", "GREEN"]
    kinds = [event["type"] for event in await services.events("indicator,framework")]
    assert sorted(kinds) == ["sdz.framework.created.v1"] * 2 + ["sdz.indicator.created.v1"] * 2


async def test_an_indicator_in_another_unit_is_refused_and_nothing_is_kept(services: TwoServices) -> None:
    differing = framework("F-2", nodes=[branch("ALL", None), leaf("NEW"), leaf("GREEN", unit="t")])
    async with services.client() as office:
        await send(office, "frameworks", framework())
        answer = await office.post("/api/v1/frameworks", json=differing)
        new = await office.get("/api/v1/indicators/code:NEW")
    assert answer.status_code == 409
    (error,) = answer.json()["errors"]
    assert (error["code"], error["pointer"]) == ("indicator_differs", "#/nodes/2")
    assert error["params"] == {"unit": {"given": "t", "stored": "%"}}
    assert new.status_code == 404


async def test_a_code_is_given_once(services: TwoServices) -> None:
    async with services.client() as office:
        await send(office, "frameworks", framework())
        answer = await office.post("/api/v1/frameworks", json=framework())
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == "code_taken"


async def test_a_tree_that_is_not_well_formed_is_refused_at_its_node(services: TwoServices) -> None:
    async with services.client() as office:
        nodes = [branch("ALL", None), leaf("X", "NOWHERE")]
        tree = await office.post("/api/v1/frameworks", json=framework(nodes=nodes))
        schema = await office.post("/api/v1/frameworks", json=framework(nodes=[leaf("X", weight="1e400")]))
    assert (tree.status_code, tree.json()["errors"][0]["pointer"]) == (422, "#/nodes/1")
    assert (schema.status_code, schema.json()["errors"][0]["pointer"]) == (422, "#/nodes/0/weight")


async def test_nodes_are_replaced_whole_and_an_unchanged_patch_changes_nothing(
    prepared: TwoServices,
) -> None:
    nodes = [branch("ALL", None), branch("B"), leaf("GREEN", "B", weight="0.60"), leaf("CALM", "B")]
    async with prepared.client() as office:
        same = await _patch(office, {"nodes": framework()["nodes"], "note": None})
        changed = await _patch(office, {"nodes": nodes})
        shown = (await office.get(PATH)).json()
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert [(node["code"], node["weight"]) for node in shown["nodes"]] == [
        ("ALL", "1"),
        ("B", "1"),
        ("GREEN", "0.60"),
        ("CALM", "1"),
    ]
    events = await prepared.events("framework")
    assert [(event["type"], event["data"]["changed"]) for event in events[1:]] == [
        ("sdz.framework.updated.v1", ["nodes"])
    ]


async def test_a_change_needs_the_current_etag(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        stale = (await office.get(PATH)).headers["etag"]
        assert (await _patch(office, {"note": "first"})).status_code == 200
        late = await office.patch(PATH, json={"note": "second"}, headers={"if-match": stale})
        blind = await office.patch(PATH, json={"note": "second"})
        shown = (await office.get(PATH)).json()
    assert (late.status_code, late.json()["changed_fields"]) == (412, ["note"])
    assert late.json()["current"] == shown
    assert blind.status_code == 428
    assert shown["note"] == "first"


async def test_names_cannot_be_emptied(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        answer = await _patch(office, {"names": None})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/names")


async def test_a_framework_in_use_stays(prepared: TwoServices) -> None:
    async with prepared.client() as office:
        etag = {"if-match": (await office.get(PATH)).headers["etag"]}
        used = await office.delete(PATH, headers=etag)
        cycle_etag = (await office.get("/api/v1/cycles/code:C-1")).headers["etag"]
        await office.delete("/api/v1/cycles/code:C-1", headers={"if-match": cycle_etag})
        unused = await office.delete(PATH, headers=etag)
        gone = await office.get(PATH)
        again = await office.post("/api/v1/frameworks", json=framework())
        orphan = await office.post("/api/v1/cycles", json=cycle(framework="code:NONE"))
    assert (used.status_code, used.json()["errors"][0]["code"]) == (409, "framework_in_use")
    assert (unused.status_code, gone.status_code, again.status_code) == (204, 404, 201)
    assert (orphan.status_code, orphan.json()["errors"][0]["pointer"]) == (422, "#/framework")


async def test_reference_data_is_read_by_all_and_written_nationwide_only(prepared: TwoServices) -> None:
    async with prepared.client(province(HUBEI)) as local:
        assert (await local.get(PATH)).status_code == 200
        etag = {"if-match": (await local.get(PATH)).headers["etag"]}
        answers = [
            await local.post("/api/v1/frameworks", json=framework("F-9")),
            await local.patch(PATH, json={"note": "x"}, headers=etag),
            await local.delete(PATH, headers=etag),
            await local.post("/api/v1/cycles", json=cycle("C-9")),
        ]
    assert [answer.status_code for answer in answers] == [403] * 4
    async with prepared.client(ministry(permissions=frozenset({"framework.read"}))) as reader:
        assert (await reader.post("/api/v1/frameworks", json=framework("F-9"))).status_code == 403
