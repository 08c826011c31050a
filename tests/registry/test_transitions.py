"""The states of zones over the API."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.identity.principal import Principal
from chassis.states.machine import Step
from chassis.temporal.moment import today
from services.registry.zones.lifecycle import ZONE_MACHINE
from tests.chassis.answers import problem_of
from tests.interleaving import Before, stopped
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone, zone_row
from tests.service_app import RunningService, csv_text, ministry, province
from tests.waiting import anyone_waits

pytestmark = pytest.mark.anyio

CALLERS: dict[str, Principal] = {
    "registrar": ministry(),
    "chief": ministry(subject="person:chief"),
    "hubei": province("420000"),
    "hunan": province("430000"),
    "reader": ministry(subject="person:reader", permissions=frozenset({"zone.read"})),
}
PATH = "/api/v1/zones/code:{}/transitions"


async def act(
    client: httpx.AsyncClient, code: str, action: str, etag: str | None = None, **more: Any
) -> httpx.Response:
    """Take an action, with a comment and a reason if it needs one, at the version that the caller sees."""
    held = await client.get(f"/api/v1/zones/code:{code}")
    body: dict[str, Any] = {"action": action, "comment": "经研究决定"}
    if action == "exit":
        body["reason"] = "withdrawn"
    headers = {"if-match": etag or held.headers.get("etag", '"1.x"')}
    return await client.post(PATH.format(code), json={**body, **more}, headers=headers)


async def register(client: httpx.AsyncClient, code: str = "Z-1", **more: Any) -> httpx.Response:
    made = await client.post(
        "/api/v1/zones?effective_date=2013-05-01",
        json=zone(code, **{"opening_state": "candidate", **more}),
    )
    assert made.status_code == 201, made.text
    return made


async def test_a_zone_is_accepted_leaves_and_comes_back(registry: RunningService) -> None:
    async with registry.client(CALLERS["registrar"]) as office, registry.client(CALLERS["chief"]) as chief:
        await register(office)
        accepted = await act(chief, "Z-1", "accept", effective_date="2014-01-01")
        left = await act(office, "Z-1", "exit", effective_date="2019-06-01", items=[
            {"pointer": "#/division", "reason_code": "abolished", "comment": "撤县设区"}
        ])  # fmt: skip
        back = await act(chief, "Z-1", "reinstate")
        told = (await office.get(PATH.format("Z-1"))).json()
        then = (await office.get("/api/v1/zones?as_of=2020-01-01&state=exited")).json()["items"]
        await registry.number_events()
        events = (await office.get("/api/v1/changes?types=zone")).json()["items"]
    assert (accepted.json()["state"], accepted.headers["etag"].split(".")[0]) == ("operating", '"2')
    shown = left.json()
    assert (shown["state"], shown["exit_reason"], shown["exited_year"]) == ("exited", "withdrawn", 2019)
    assert (back.json()["state"], back.json()["exit_reason"], back.json()["exited_year"]) == (
        "operating",
        None,
        None,
    )
    assert [item["code"] for item in then] == ["Z-1"]
    steps = told["steps"]
    assert [(s["action"], s["actor"], s["effective_date"]) for s in steps] == [
        ("accept", "person:chief", "2014-01-01"),
        ("exit", "person:ministry", "2019-06-01"),
        ("reinstate", "person:chief", str(today())),
    ]
    assert steps[1]["items"][0]["reason_code"] == "abolished"
    assert [event["data"]["version"] for event in events] == [1, 2, 3, 4]
    assert events[2]["data"]["action"] == "exit"
    assert events[2]["data"]["changed"] == ["exit_reason", "exited_year", "state"]


async def test_what_is_allowed_says_what_it_needs_and_what_is_denied_says_why(
    registry: RunningService,
) -> None:
    async with registry.client(CALLERS["registrar"]) as office, registry.client(CALLERS["reader"]) as reader:
        await register(office)
        own = (await office.get(PATH.format("Z-1"), headers={"accept-language": "en"})).json()
        other = (await reader.get(PATH.format("Z-1"))).json()
    assert (own["state"], own["version"]) == ("candidate", 1)
    assert own["allowed"] == [
        {
            "action": "exit",
            "label": "Exit",
            "requires": ["reason", "comment"],
            "reasons": ["eliminated", "withdrawn", "division_change", "merged"],
        }
    ]
    denied = {item["action"]: [reason["code"] for reason in item["reasons"]] for item in own["denied"]}
    assert denied == {"accept": ["four_eyes"], "reinstate": ["wrong_state"]}
    assert own["denied"][1]["reasons"][0]["message"] == "It is Candidate, and must be Exited"
    assert other["allowed"] == []


async def test_a_request_that_lacks_something_is_told_what(registry: RunningService) -> None:
    later, before = str(today() + timedelta(2)), "2013-04-30"
    async with registry.client(CALLERS["registrar"]) as office, registry.client(CALLERS["chief"]) as chief:
        made = await register(office)
        cases = {
            "#/action": await act(chief, "Z-1", "dance"),
            "#/comment": await act(chief, "Z-1", "accept", comment=None),
            "#/reason": await act(chief, "Z-1", "exit", reason="bored"),
        }
        for pointer, answer in cases.items():
            assert problem_of(answer, 422)["errors"][0]["pointer"] == pointer
        for more, code in (
            ({"reason": "withdrawn"}, "not_allowed"),
            ({"effective_date": later}, "effective_in_future"),
            ({"effective_date": before}, "effective_too_early"),
        ):
            answer = await act(chief, "Z-1", "accept", **more)
            assert problem_of(answer, 422)["errors"][0]["code"] == code
        absent = await chief.post(PATH.format("Z-1"), json={"action": "accept", "comment": "x"})
        problem_of(absent, 428)
        assert (await act(chief, "Z-1", "accept")).status_code == 200
        stale = await act(chief, "Z-1", "exit", etag=made.headers["etag"])
        assert problem_of(stale, 412)["current"]["state"] == "operating"
        wrong = problem_of(await act(chief, "Z-1", "reinstate"), 409, "transition_denied")
    assert [issue["code"] for issue in wrong["errors"]] == ["wrong_state"]
    assert wrong["errors"][0]["params"] == {"state": "operating", "before": ["exited"]}


async def test_a_key_acts_once(registry: RunningService) -> None:
    async with registry.client(CALLERS["registrar"]) as office:
        made = await register(office)
        headers = {"if-match": made.headers["etag"], "idempotency-key": "leave-1"}
        body = {"action": "exit", "comment": "x", "reason": "merged"}
        first = await office.post(PATH.format("Z-1"), json=body, headers=headers)
        again = await office.post(PATH.format("Z-1"), json=body, headers=headers)
        steps = (await office.get(PATH.format("Z-1"))).json()["steps"]
    assert (first.status_code, again.status_code, again.content) == (200, 200, first.content)
    assert len(steps) == 1


TRIES = st.lists(
    st.tuples(st.sampled_from(["accept", "exit", "reinstate"]), st.sampled_from(sorted(CALLERS))), max_size=8
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tier=st.sampled_from(["national", "provincial", None]), by_hubei=st.booleans(), tries=TRIES)
async def test_random_actions_of_random_actors_against_a_model(
    registry: RunningService, tier: str | None, by_hubei: bool, tries: list[tuple[str, str]]
) -> None:
    code, creator = uuid4().hex[:8], "hubei" if by_hubei else "registrar"
    moves = {
        ("accept", "candidate"): "operating",
        ("exit", "candidate"): "exited",
        ("exit", "operating"): "exited",
        ("reinstate", "exited"): "operating",
    }
    async with registry.client(CALLERS[creator]) as client:
        await register(client, code, tier=tier)
    state, last_exit, taken = "candidate", "", 0
    for action, caller in tries:
        async with registry.client(CALLERS[caller]) as client:
            described = (await client.get(PATH.format(code))).json()
            answer = await act(client, code, action)
        if caller == "hunan":
            assert answer.status_code == 404
            continue
        expected = set()
        if (action, state) not in moves:
            expected.add("wrong_state")
        if caller == "reader":
            expected.add("permission_missing")
        if (action == "accept" and caller == creator) or (action == "reinstate" and caller == last_exit):
            expected.add("four_eyes")
        if caller == "hubei" and tier != "provincial":
            expected.add("nationwide_scope_needed")
        denied = {item["action"]: {r["code"] for r in item["reasons"]} for item in described["denied"]}
        assert denied.get(action, set()) == expected
        assert (action in {item["action"] for item in described["allowed"]}) == (not expected)
        if expected:
            if caller != "reader":  # who lacks the permission is not let in at all
                assert {issue["code"] for issue in answer.json()["errors"]} == expected
            assert answer.status_code == (403 if expected - {"wrong_state"} else 409)
            continue
        assert answer.status_code == 200, answer.text
        state, last_exit, taken = moves[action, state], caller if action == "exit" else last_exit, taken + 1
        assert answer.json()["state"] == state
    async with registry.client(CALLERS["registrar"]) as office:
        told = (await office.get(PATH.format(code))).json()
    steps = [
        Step(s["action"], s["from_state"], s["to_state"], s["actor"], s["effective_date"])
        for s in told["steps"]
    ]
    assert (told["state"], len(steps), told["version"]) == (state, taken, 1 + taken)
    assert ZONE_MACHINE.replay("candidate", steps) == state


async def test_a_token_without_the_permission_is_refused_with_its_name(registry: RunningService) -> None:
    async with registry.client(CALLERS["registrar"]) as office:
        await register(office)
    weak = replace(CALLERS["chief"], permissions=CALLERS["chief"].permissions - {"zone.decide"})
    async with registry.client(weak) as client:
        answer = await act(client, "Z-1", "accept")
    assert problem_of(answer, 403)["permission"] == "zone.decide"


async def test_of_two_who_act_at_once_one_does_and_the_other_is_told(registry: RunningService) -> None:
    async with registry.client(CALLERS["registrar"]) as office, registry.client(CALLERS["chief"]) as chief:
        made = await register(office)
        first = act(office, "Z-1", "exit", etag=made.headers["etag"])
        async with stopped(first, Before(registry.runtime.database, "INSERT INTO transition")) as leaving:
            second = asyncio.create_task(act(chief, "Z-1", "accept", etag=made.headers["etag"]))
            async with registry.runtime.database.transaction() as watcher:
                assert await anyone_waits(watcher, second)
        assert (await leaving).status_code == 200
        told = problem_of(await second, 412)
        steps = (await office.get(PATH.format("Z-1"))).json()["steps"]
    assert told["current"]["state"] == "exited"
    assert [step["action"] for step in steps] == ["exit"]


async def test_steps_are_added_and_never_altered(
    registry: RunningService, service_databases: ServiceDatabases
) -> None:
    connection = await asyncpg.connect(
        service_databases.url("registry"), server_settings={"search_path": "registry"}
    )
    try:
        for forbidden in ("UPDATE transition SET actor = ''", "DELETE FROM transition"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_a_province_does_not_make_a_national_zone_its_own_affair(registry: RunningService) -> None:
    path = "/api/v1/zones/code:Z-1"
    async with registry.client(ministry()) as office:
        assert (await office.post("/api/v1/zones", json=zone())).status_code == 201
    async with registry.client(province("420000")) as hubei:
        tag = {"if-match": (await hubei.get(path)).headers["etag"]}
        for tier in ("provincial", None):
            problem_of(await hubei.patch(path, json={"tier": tier}, headers=tag), 403, "forbidden")
            sheet = csv_text([zone_row(tier=tier or "")])
            taken = await hubei.post(
                "/api/v1/zones/imports", content=sheet, headers={"content-type": "text/csv"}
            )
            assert taken.json()["rows"][0]["issues"][0]["code"] == "nationwide_scope_needed", taken.text
        kept = await hubei.patch(path, json={"tier": "national", "theme": "甲"}, headers=tag)
        assert kept.status_code == 200, kept.text
    async with registry.client(ministry()) as office:
        tag = {"if-match": kept.headers["etag"]}
        assert (await office.patch(path, json={"tier": "provincial"}, headers=tag)).status_code == 200
