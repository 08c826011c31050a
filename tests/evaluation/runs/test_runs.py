"""Runs over the API: computed, frozen, immutable."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from services.evaluation.engine import ENGINE_VERSION
from tests.evaluation.builders import HUBEI, HUNAN, ROWS, SOURCE, branch, leaf, method, row, run
from tests.evaluation.conftest import TwoServices, send, send_sheet
from tests.service_app import ministry, province

pytestmark = pytest.mark.anyio


async def _explained(office: httpx.AsyncClient, run_id: str, zone: str) -> dict[str, Any]:
    answer = await office.get(f"/api/v1/runs/{run_id}/scores/code:{zone}")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def _scores(office: httpx.AsyncClient, query: str) -> list[tuple[str, Any, Any]]:
    answer = await office.get(f"/api/v1/scores?{query}")
    assert answer.status_code == 200, answer.text
    return [(item["zone"]["code"], item["rank"], item["score"]) for item in answer.json()["items"]]


async def test_a_run_answers_what_it_did(observed: TwoServices) -> None:
    async with observed.client() as office:
        made = await send(office, "runs", run())
        shown = await office.get(made.headers["location"])
        (listed,) = (await office.get("/api/v1/runs?cycle=code:C-1")).json()["items"]
    body = made.json()
    assert shown.json() == body
    assert body["counts"] == {"zones": 3, "ranked": 3, "not_ranked": 0}
    assert (body["method"], body["engine_version"]) == (method(), ENGINE_VERSION)
    assert len(body["input_digest"]) == 64
    assert [node["code"] for node in body["framework"]["nodes"]] == ["ALL", "GREEN", "SMOKE"]
    assert [entry["done"] for entry in body["log"]] == [
        "multiplied_by_minus_one",
        "min_max",
        "branch_scored",
        "descending",
    ]
    assert body["warnings"] == []
    assert {name: body[name] for name in listed if name != "framework"} == {
        name: listed[name] for name in listed if name != "framework"
    }
    (event,) = await observed.events("run", province(HUNAN))
    assert event["data"]["resource"] == listed


async def test_scores_follow_the_hand_made_case(observed: TwoServices) -> None:
    # GREEN: 90.5, 40.5, 65.5 → 100, 0, 50; SMOKE, less is better: 10, 30, – → 100, 0, –
    async with observed.client() as office:
        made = (await send(office, "runs", run())).json()
        found = await _scores(office, f"run={made['id']}&sort=rank")
    assert found == [("HB-1", 1, 100.0), ("HN-1", 2, 50.0), ("HB-2", 3, 0.0)]


async def test_a_score_is_taken_apart_down_to_its_sources(observed: TwoServices) -> None:
    async with observed.client() as office:
        made = (await send(office, "runs", run())).json()
        whole = await _explained(office, made["id"], "HB-1")
        gap = await _explained(office, made["id"], "HN-1")
        (value,) = (await office.get("/api/v1/observations?zone=HB-1&indicator=SMOKE")).json()["items"]
    green, smoke = whole["leaves"]
    assert (green["effective_weight"], green["contribution"]) == (0.6, 60.0)
    assert smoke == {
        "code": "SMOKE",
        "parent": "ALL",
        "name": "指标SMOKE",
        "names": {"zh-Hans": "指标SMOKE", "en": "Indicator SMOKE"},
        "weight": "0.4",
        "unit": "%",
        "direction": "lower_is_better",
        "status": "estimated",
        "value": "10",
        "low": 10.0,
        "high": 30.0,
        "normalised": 100.0,
        "effective_weight": 0.4,
        "contribution": 40.0,
        "observation": {"id": value["id"], "version": 1},
        "reference_division": "420100",
        "stands_in": True,
        "sources": [{name: SOURCE[name] for name in ("code", "title", "publisher", "date", "address")}],
        "note": None,
    }
    assert [(b["code"], b["score"], b["effective_weight"]) for b in whole["branches"]] == [
        ("ALL", 100.0, 1.0)
    ]
    assert green["value"] == "90.50"
    assert whole["dropped"] == []
    # what is missing is not zero: the other indicator takes its whole weight
    green, smoke = gap["leaves"]
    assert (green["effective_weight"], smoke["contribution"], smoke["status"]) == (1.0, None, "not_available")
    assert [(item["node"], item["code"]) for item in gap["dropped"]] == [("SMOKE", "not_present")]
    assert gap["missing_indicators"] == ["SMOKE"]
    assert sum(leaf["contribution"] or 0 for leaf in gap["leaves"]) == pytest.approx(gap["score"], abs=1e-9)
    assert gap["explanation"]["en"].startswith("Zone HN-1 scored 50.00, rank 2 of 3")


async def test_too_little_data_is_no_rank_but_a_reason_and_comes_last(observed: TwoServices) -> None:
    async with observed.client() as office:
        nothing = {"value": "", "status": "confidential"}
        await send_sheet(
            office, "observations", [row("HB-1", name, **nothing) for name in ("GREEN", "SMOKE")]
        )
        made = (await send(office, "runs", run())).json()
        orders = [
            [zone for zone, *_ in await _scores(office, f"run={made['id']}&sort={sort}")]
            for sort in ("rank", "-rank", "score", "-score")
        ]
        paged = []
        path = f"/api/v1/scores?run={made['id']}&sort=-score&limit=1"
        while path:
            answer = await office.get(path)
            paged += [item["zone"]["code"] for item in answer.json()["items"]]
            path = answer.links["next"]["url"] if "next" in answer.links else ""
        lost = await _explained(office, made["id"], "HB-1")
        await send(office, "runs", run())
        unsorted = [zone for zone, *_ in await _scores(office, "cycle=code:C-1")]
    assert made["counts"] == {"zones": 3, "ranked": 2, "not_ranked": 1}
    assert unsorted == 2 * ["HN-1", "HB-2", "HB-1"]
    assert orders == [
        ["HN-1", "HB-2", "HB-1"],
        ["HB-2", "HN-1", "HB-1"],
        ["HB-2", "HN-1", "HB-1"],
        ["HN-1", "HB-2", "HB-1"],
    ]
    assert paged == orders[3]
    assert (lost["score"], lost["display"], lost["rank"], lost["ranked_count"]) == (None, None, None, 2)
    assert [(r["node"], r["code"], r["available"], r["members"]) for r in lost["reasons"]] == [
        ("ALL", "no_member_present", 0, 2),
        ("GREEN", "not_present", None, None),
        ("SMOKE", "not_present", None, None),
    ]
    assert lost["leaves"][0]["status"] == "confidential"
    assert "未参与排名" in lost["explanation"]["zh-Hans"]
    assert [entry["subjects"] for entry in made["warnings"] if entry["done"] == "branch_missing"] == [
        ["HB-1"]
    ]


async def test_nothing_that_changes_later_changes_a_run(observed: TwoServices) -> None:
    async with observed.client() as office:
        made = await send(office, "runs", run())
        paths = [
            made.headers["location"],
            f"/api/v1/scores?run={made.json()['id']}&sort=rank",
            *(f"{made.headers['location']}/scores/code:{zone}" for zone in ("HB-1", "HB-2", "HN-1")),
        ]
        before = [(await office.get(path)).content for path in paths]
        await send_sheet(
            office, "observations", [item | {"value": "1", "status": "reported"} for item in ROWS]
        )
        await send_sheet(office, "sources", [SOURCE | {"title": "改名", "date": "1999"}])
        nodes = [branch("ALL", None, minimum="1"), leaf("GREEN", weight="9"), leaf("SMOKE")]
        for path, body in (
            ("/api/v1/frameworks/code:F-1", {"nodes": nodes, "names": {"zh-Hans": "改名"}}),
            ("/api/v1/cycles/code:C-1", {"period": "2023", "names": {"zh-Hans": "改名"}}),
        ):
            etag = {"if-match": (await office.get(path)).headers["etag"]}
            assert (await office.patch(path, json=body, headers=etag)).status_code == 200
        await observed.change_zone("HB-1", names={"zh-Hans": "改名"})
        after = [(await office.get(path)).content for path in paths]
        last = (await office.get("/api/v1/cycles/code:C-1")).headers["etag"]
        await office.delete("/api/v1/cycles/code:C-1", headers={"if-match": last})
        still = (await office.get(paths[0])).content
    assert before == after
    assert still == before[0]


async def test_a_run_has_no_other_methods(observed: TwoServices) -> None:
    async with observed.client() as office:
        made = await send(office, "runs", run())
        path, etag = made.headers["location"], {"if-match": made.headers["etag"]}
        answers = [
            await office.patch(path, json={"period": "2023"}, headers=etag),
            await office.put(path, json=made.json(), headers=etag),
            await office.delete(path, headers=etag),
        ]
    assert [answer.status_code for answer in answers] == [405] * 3


async def test_the_same_inputs_give_the_same_digest_and_scores(observed: TwoServices) -> None:
    async with observed.client() as office:
        first, second = [(await send(office, "runs", run())).json() for _ in range(2)]
        await send_sheet(office, "observations", [ROWS[0] | {"value": "90.51"}])
        third = (await send(office, "runs", run())).json()
        newest = await office.get("/api/v1/scores?zone=HB-1&sort=-created_at&limit=1")
    assert first["id"] != second["id"]
    assert first["input_digest"] == second["input_digest"] != third["input_digest"]
    assert newest.json()["items"][0]["run"]["id"] == third["id"]


@pytest.mark.parametrize(
    ("ties", "ranks"),
    [
        ("minimum", [1, 1, 3]),
        ("maximum", [2, 2, 3]),
        ("average", [1.5, 1.5, 3]),
        ("dense", [1, 1, 2]),
    ],
)
async def test_ties_follow_the_stated_rule(observed: TwoServices, ties: str, ranks: list[float]) -> None:
    async with observed.client() as office:
        same = [row("HN-1", "GREEN", "90.50"), row("HN-1", "SMOKE", "10")]
        await send_sheet(office, "observations", same)
        made = (await send(office, "runs", run(ties=ties))).json()
        found = await _scores(office, f"run={made['id']}&sort=rank")
    assert [rank for _, rank, _ in found] == ranks


async def test_a_constant_indicator_follows_the_stated_rule(observed: TwoServices) -> None:
    async with observed.client() as office:
        await send_sheet(office, "observations", [row(z, "GREEN", "5") for z in ("HB-1", "HB-2", "HN-1")])
        missing = (await send(office, "runs", run(constant="missing"))).json()
        middle = (await send(office, "runs", run(constant="mid_scale"))).json()
        found = [await _scores(office, f"run={made['id']}&sort=rank") for made in (missing, middle)]
    assert found[0] == [("HB-1", 1, 100.0), ("HB-2", 2, 0.0), ("HN-1", None, None)]
    assert found[1] == [("HB-1", 1, 70.0), ("HN-1", 2, 50.0), ("HB-2", 3, 30.0)]
    assert [entry["done"] for entry in missing["warnings"]] == ["constant_missing", "branch_missing"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (run("code:NONE"), "#/cycle"),
        (run("C-1"), "#/cycle"),
        ({"cycle": "code:C-1"}, "#/method"),
        (run(low="100"), "#/method/normalisation"),
        (run(ties="random"), "#/method/ranking/ties"),
        (run(bounds="fixed"), "#/method/normalisation/bounds"),
        (run(low="1e400"), "#/method/normalisation/low"),
    ],
)
async def test_what_is_wrong_is_told_with_its_place(
    observed: TwoServices, body: dict[str, Any], pointer: str
) -> None:
    async with observed.client() as office:
        answer = await office.post("/api/v1/runs", json=body)
        runs = (await office.get("/api/v1/runs")).json()["items"]
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert runs == []


async def test_a_zone_that_has_left_is_not_evaluated(observed: TwoServices) -> None:
    left = {
        "code": "HN-2",
        "name_zh": "退出",
        "state": "exited",
        "exit_reason": "division_change",
        "division_code": "430181",
        "division_edition": "201904",
    }
    async with observed.registry.client(ministry()) as office:
        assert (await send_sheet(office, "zones", [left])).status_code == 200
    await observed.follow()
    async with observed.client() as office:
        assert (await send_sheet(office, "observations", [row("HN-2", "GREEN", "99")])).status_code == 200
        made = (await send(office, "runs", run())).json()
        found = await _scores(office, f"run={made['id']}&sort=rank")
    assert [zone for zone, *_ in found] == ["HB-1", "HN-1", "HB-2"]


async def test_numbers_are_numbers_and_never_nan(observed: TwoServices) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    async with observed.client() as office:
        await send_sheet(
            office, "observations", [row("HB-1", n, "", status="pending") for n in ("GREEN", "SMOKE")]
        )
        made = await send(office, "runs", run())
        whole = await office.get(f"{made.headers['location']}/scores/code:HB-1")
    for answer in (made, whole):
        json.loads(answer.text, parse_constant=refuse)
    assert [branch["effective_weight"] for branch in whole.json()["branches"]] == [None]


async def test_the_same_key_makes_one_run(observed: TwoServices) -> None:
    key = {"idempotency-key": "k-1"}
    async with observed.client() as office:
        answers = await asyncio.gather(
            *(office.post("/api/v1/runs", json=run(), headers=key) for _ in range(3))
        )
        again = await office.post("/api/v1/runs", json=run(), headers=key)
        other = await office.post("/api/v1/runs", json=run(ties="dense"), headers=key)
        runs = (await office.get("/api/v1/runs")).json()["items"]
    assert len(runs) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert (again.status_code, again.json()["id"]) == (201, runs[0]["id"])
    assert again.headers["idempotent-replayed"] == "true"
    assert other.status_code == 422


async def test_a_machine_must_send_a_key(observed: TwoServices) -> None:
    async with observed.client(ministry(subject="machine:7")) as office:
        answer = await office.post("/api/v1/runs", json=run())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")


async def test_without_zones_there_is_nothing_to_evaluate(observed: TwoServices) -> None:
    async with observed.registry.client(ministry()) as office:
        for zone in (await office.get("/api/v1/zones")).json()["items"]:
            path = f"/api/v1/zones/{zone['id']}"
            etag = {"if-match": (await office.get(path)).headers["etag"]}
            assert (await office.delete(path, headers=etag)).status_code == 204
    await observed.follow()
    async with observed.client() as office:
        answer = await office.post("/api/v1/runs", json=run())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "no_zones")


async def test_two_provinces_see_their_own_zones_with_national_ranks(observed: TwoServices) -> None:
    async with observed.client() as office:
        await send_sheet(
            office,
            "observations",
            [row(z, n, "", status="pending") for z in ("HB-1", "HN-1") for n in ("GREEN", "SMOKE")],
        )
        await send_sheet(office, "observations", [row("HB-1", "GREEN", "1")])
        made = (await send(office, "runs", run())).json()
    seen = {}
    for code in (HUBEI, HUNAN):
        async with observed.client(province(code)) as local:
            found = await _scores(local, f"run={made['id']}&sort=rank")
            explained = [
                (await local.get(f"/api/v1/runs/{made['id']}/scores/code:{zone}")).status_code
                for zone in ("HB-2", "HN-1")
            ]
            shown = (await local.get(f"/api/v1/runs/{made['id']}")).json()
            asked = await _scores(local, "zone=HN-1")
            missing = [entry for entry in shown["warnings"] if entry["done"] == "branch_missing"]
            created = await local.post("/api/v1/runs", json=run())
            seen[code] = found, explained, missing[0]["subjects"], len(asked), created.status_code
            assert (missing[0]["count"], shown["counts"]) == (1, made["counts"])
    assert seen[HUBEI] == ([("HB-2", 1, 100.0), ("HB-1", 2, 0.0)], [200, 404], [], 0, 403)
    assert seen[HUNAN] == ([("HN-1", None, None)], [404, 200], ["HN-1"], 1, 403)


async def test_permissions_are_asked_for(observed: TwoServices) -> None:
    async with observed.client(ministry(permissions=frozenset({"run.read"}))) as reader:
        assert (await reader.get("/api/v1/scores")).status_code == 200
        assert (await reader.post("/api/v1/runs", json=run())).status_code == 403
    async with observed.client(ministry(permissions=frozenset({"framework.read"}))) as other:
        assert (await other.get("/api/v1/scores")).status_code == 403
        assert (await other.get("/api/v1/observations")).status_code == 403
