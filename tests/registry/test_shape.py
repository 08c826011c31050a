"""Members that a reader picks, and what is added on demand."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.identity.principal import Scope
from chassis.problems import DependencyUnavailable
from services.registry.zones import expanding
from tests.chassis.answers import problem_of
from tests.chassis.test_listing import counted
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio


async def _create(service: RunningService, *codes: str) -> None:
    async with service.client(ministry()) as office:
        for code in codes:
            assert (await office.post("/api/v1/zones", json=zone(code))).status_code == 201


async def test_a_reader_picks_members_of_one_and_of_many(registry: RunningService) -> None:
    await _create(registry, "A", "B")
    async with registry.client(ministry()) as office:
        one = await office.get("/api/v1/zones/code:A?fields=code,names")
        many = await office.get("/api/v1/zones?fields=code,division&limit=1")
        following = await office.get(many.links["next"]["url"])
        whole = await office.get("/api/v1/zones/code:A")
    assert one.json() == {"code": "A", "names": {"zh-Hans": "试验区A", "en": "Zone A"}}
    assert [set(item) for item in many.json()["items"]] == [{"code", "division"}]
    assert set(many.json()) == {"items", "page"}
    assert [set(item) for item in following.json()["items"]] == [{"code", "division"}]
    assert one.headers["content-length"] == str(len(one.content))
    assert one.headers["etag"] != whole.headers["etag"]


async def test_the_etag_is_that_of_what_is_answered(registry: RunningService) -> None:
    await _create(registry, "A")
    async with registry.client(ministry()) as office:
        shown = await office.get("/api/v1/zones/code:A?fields=code")
        same = await office.get(
            "/api/v1/zones/code:A?fields=code", headers={"if-none-match": shown.headers["etag"]}
        )
        other = await office.get(
            "/api/v1/zones/code:A?fields=name", headers={"if-none-match": shown.headers["etag"]}
        )
        changed = await office.patch(
            "/api/v1/zones/code:A", json={"theme": "绿色"}, headers={"if-match": shown.headers["etag"]}
        )
    assert (same.status_code, other.status_code, changed.status_code) == (304, 200, 200)


@pytest.mark.parametrize(
    ("query", "parameter", "nearest"),
    [
        ("fields=code,nmae", "fields", "name"),
        ("fields=", "fields", None),
        ("fields=xyz", "fields", None),
        ("expand=divison", "expand", "division"),
        ("facets=teir", "facets", "tier"),
        ("count=exakt", "count", "exact"),
    ],
)
async def test_what_is_not_known_is_refused_with_the_nearest(
    registry: RunningService, query: str, parameter: str, nearest: str | None
) -> None:
    async with registry.client(ministry()) as office:
        answer = await office.get(f"/api/v1/zones?{query}")
    issue = problem_of(answer, 400, "invalid_parameter")["errors"][0]
    assert (issue["parameter"], issue["params"]["nearest"]) == (parameter, nearest)


async def test_a_zone_is_shown_with_its_division(registry: RunningService) -> None:
    await _create(registry, "A")
    async with registry.client(ministry()) as office:
        one = (await office.get("/api/v1/zones/code:A?expand=division&fields=code")).json()
        many = (await office.get("/api/v1/zones?expand=division")).json()
        division = (await office.get("/api/v1/divisions/code:420102")).json()
    assert one == {
        "code": "A",
        "expanded": {"division": division},
        "partial": False,
        "unavailable": [],
    }
    assert many["items"][0]["expanded"] == {"division": division}
    assert many["items"][0]["name"] == "试验区A"
    assert (many["partial"], many["unavailable"]) == (False, [])


async def test_a_zone_is_shown_with_what_may_be_done_with_it(registry: RunningService) -> None:
    await _create(registry, "A", "B")
    body = {"action": "exit", "comment": "经研究决定", "reason": "withdrawn"}
    async with registry.client(ministry()) as office:
        held = await office.get("/api/v1/zones/code:A")
        done = await office.post(
            "/api/v1/zones/code:A/transitions", json=body, headers={"if-match": held.headers["etag"]}
        )
        assert done.status_code == 200, done.text
        own = (await office.get("/api/v1/zones/code:A?expand=actions")).json()["expanded"]["actions"]
        own_told = (await office.get("/api/v1/zones/code:A/transitions")).json()
    async with registry.client(ministry(subject="person:chief")) as chief:
        told = [(await chief.get(f"/api/v1/zones/code:{code}/transitions")).json() for code in "AB"]
        one = await chief.get("/api/v1/zones/code:A?expand=actions&fields=state")
        many = (await chief.get("/api/v1/zones?expand=actions,division&sort=code")).json()
        english = await chief.get("/api/v1/zones/code:A?expand=actions", headers={"accept-language": "en"})
    assert own == own_told
    (reinstate,) = [action for action in own["denied"] if action["action"] == "reinstate"]
    assert [reason["code"] for reason in reinstate["reasons"]] == ["four_eyes"]
    assert one.json()["state"] == "exited"
    assert one.json()["expanded"] == {"actions": told[0]}
    assert [item["expanded"]["actions"] for item in many["items"]] == told
    assert [len(answer["steps"]) for answer in told] == [1, 0]
    assert english.json()["expanded"]["actions"]["allowed"][0]["label"] == "Reinstate"


async def test_a_part_needs_its_own_permission(registry: RunningService) -> None:
    await _create(registry, "A")
    async with registry.client(ministry(permissions=frozenset({"zone.read"}))) as reader:
        plain = await reader.get("/api/v1/zones")
        expanded = await reader.get("/api/v1/zones?expand=division")
    assert plain.status_code == 200
    assert problem_of(expanded, 403, "forbidden")["permission"] == "reference.read"


async def test_a_part_that_fails_leaves_the_rest(
    registry: RunningService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_arguments: Any) -> Any:
        raise DependencyUnavailable()

    await _create(registry, "A")
    monkeypatch.setattr(expanding, "find_entries", fail)
    async with registry.client(ministry()) as office:
        answer = (await office.get("/api/v1/zones/code:A?expand=division")).json()
    assert (answer["code"], answer["expanded"], answer["partial"]) == ("A", {"division": None}, True)
    assert [(part["part"], part["dependency"], part["code"]) for part in answer["unavailable"]] == [
        ("division", "registry", "dependency_unavailable")
    ]


async def test_the_number_of_queries_does_not_grow_with_what_is_expanded_and_counted(
    registry: RunningService,
) -> None:
    numbers = []
    for codes in (["A"], [f"B-{n}" for n in range(12)]):
        await _create(registry, *codes)
        async with registry.client(ministry()) as office:
            with counted(registry) as statements:
                answer = await office.get(
                    "/api/v1/zones?expand=division,actions&facets=tier,programme,province"
                    "&count=exact&q=试验&limit=7"
                )
            assert answer.status_code == 200, answer.text
        numbers.append(len(statements))
    # page, external ids, division, steps, zones and their external ids, facets, names of provinces;
    # a count where the first page is not the whole
    assert numbers == [8, 9]


def _bucket(code: str, name: str, count: int) -> dict[str, Any]:
    return {"value": code, "label": name, "labels": {"zh-Hans": name, "en": name}, "count": count}


async def test_facets_are_counted_in_the_callers_scope(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for code, division in (("HB", "420102"), ("HN", "430181"), ("HN2", "430181")):
            await office.post("/api/v1/zones", json=zone(code, division, tier=None))
        mine = await office.get("/api/v1/zones?facets=province,tier&tier[isnull]=true&province=420000")
        english = await office.get("/api/v1/zones?facets=kind", headers={"accept-language": "en"})
    hunan = Scope(divisions=frozenset({"430000"}))
    async with registry.client(ministry(view=hunan)) as province:
        theirs = await province.get("/api/v1/zones?facets=province&count=exact")
        told = await province.get("/api/v1/zones?count=estimate&limit=1")
    async with registry.client(ministry()) as office:
        guessed = await office.get("/api/v1/zones?count=estimate&limit=1")
    assert mine.json()["facets"] == {
        "province": {
            "values": [
                {
                    "value": "430000",
                    "label": "湖南省",
                    "labels": {"zh-Hans": "湖南省", "en": "湖南省"},
                    "count": 2,
                },
                {
                    "value": "420000",
                    "label": "湖北省",
                    "labels": {"zh-Hans": "湖北省", "en": "湖北省"},
                    "count": 1,
                },
            ],
            "other": 0,
        },
        "tier": {"values": [{"value": None, "label": None, "labels": None, "count": 1}], "other": 0},
    }
    assert english.json()["facets"]["kind"]["values"][0]["label"] == "Urban district of a large city"
    assert [(item["value"], item["count"]) for item in theirs.json()["facets"]["province"]["values"]] == [
        ("430000", 2)
    ]
    assert theirs.json()["page"] | {"total": 2, "total_kind": "exact"} == theirs.json()["page"]
    # the planner guesses by figures of the whole table, of which a province is told nothing
    assert told.json()["page"] | {"total": 2, "total_kind": "exact"} == told.json()["page"]
    assert guessed.json()["page"]["total_kind"] == "estimate"
    assert guessed.json()["page"]["total"] >= 0


async def test_the_contract_shows_the_shapes(registry: RunningService) -> None:
    document = registry.app.openapi()
    listed = document["paths"]["/api/v1/zones"]["get"]
    parameters = {item["name"]: item for item in listed["parameters"]}
    assert {"q", "facets", "fields", "expand", "count", "datetime", "bbox", "approved_year[nin]"} <= set(
        parameters
    )
    assert "names" in parameters["fields"]["schema"]["items"]["enum"]
    assert (parameters["fields"]["style"], parameters["fields"]["explode"]) == ("form", False)
    choices = listed["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    names = [choice["$ref"].rpartition("/")[2] for choice in choices]
    schemas = document["components"]["schemas"]
    part = schemas[names[1]]
    item = schemas[part["properties"]["items"]["items"]["$ref"].rpartition("/")[2]]
    assert names[0] == "Page_ZoneOut_"
    assert "required" not in item
    assert "division" in item["properties"]["expanded"]["properties"]
    assert {"partial", "unavailable", "facets"} <= set(part["properties"])
    assert "x-expanded" not in str(document)
    one = document["paths"]["/api/v1/zones/{ref}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert [choice["$ref"].rpartition("/")[2] for choice in one["schema"]["anyOf"]] == [
        "ZoneOut",
        "ZoneOut_Part",
    ]
