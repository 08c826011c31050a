"""A plan changes nothing; its commit does exactly what it says, or names the rows whose base changed."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from chassis.imports.plans import forget_plans
from tests.registry.builders import zone, zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio
PATH = "/api/v1/zones/imports"
SHEET = {"content-type": "text/csv"}


async def _plan(caller: httpx.AsyncClient, rows: list[dict[str, Any]], query: str = "") -> dict[str, Any]:
    answer = await caller.post(f"{PATH}{query}", content=csv_text(rows), headers=SHEET)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{plan['id']}"
    return plan


async def _commit(caller: httpx.AsyncClient, plan: dict[str, Any]) -> httpx.Response:
    return await caller.post(f"{PATH}/{plan['id']}/commit")


async def test_a_plan_changes_nothing_and_its_commit_does_what_it_said(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        plan = await _plan(office, [zone_row("A"), zone_row("B")])
        kept = (await office.get("/api/v1/zones")).json()["items"]
        read = (await office.get(f"{PATH}/{plan['id']}")).json()
        done = await _commit(office, plan)
        again = await _commit(office, plan)
        codes = [item["code"] for item in (await office.get("/api/v1/zones")).json()["items"]]
        await registry.number_events()
        events = (await office.get("/api/v1/changes?types=zone")).json()["items"]
    assert (kept, read, plan["mode"], plan["counts"]["created"]) == ([], plan, "dry_run", 2)
    assert (done.status_code, done.json()["mode"], codes) == (200, "commit", ["A", "B"])
    assert done.json() | {"mode": "dry_run", "committed_at": None} == plan
    assert (again.json(), again.headers["idempotent-replayed"]) == (done.json(), "true")
    assert len(events) == 2


async def test_a_caller_has_so_many_open_plans_and_no_more(registry: RunningService) -> None:
    registry.runtime.settings.own.max_open_plans = 2
    async with registry.client(ministry()) as office, registry.client(province("420000")) as hubei:
        first, _ = [await _plan(office, [zone_row("A")]) for _ in range(2)]
        refused = await office.post(PATH, content=csv_text([zone_row("A")]), headers=SHEET)
        others = await hubei.post(PATH, content=csv_text([zone_row("A")]), headers=SHEET)
        at_once = await office.post(f"{PATH}?commit=true", content=csv_text([zone_row("B")]), headers=SHEET)
        assert (await _commit(office, first)).status_code == 200
        await _plan(office, [zone_row("A")])
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_plans")
    assert 86_000 < int(refused.headers["retry-after"]) <= 86_400
    assert (others.status_code, at_once.status_code) == (201, 200)


async def test_plans_past_their_day_make_room(registry: RunningService) -> None:
    registry.runtime.settings.own.max_open_plans = 1
    async with registry.client(ministry()) as office:
        await _plan(office, [zone_row("A")])
        async with registry.runtime.database.transaction() as session:
            await session.execute(text("UPDATE import_plan SET expires_at = now()"))
        await _plan(office, [zone_row("A")])


async def test_the_same_sheet_has_the_same_digest_and_another_has_not(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        first, second = [await _plan(office, [zone_row("A")]) for _ in range(2)]
        other = await _plan(office, [zone_row("A", name_zh="别名")])
        await _commit(office, first)
        later = await _plan(office, [zone_row("A")])
    assert first["plan_digest"] == second["plan_digest"]
    assert len({plan["plan_digest"] for plan in (first, other, later)}) == 3
    assert later["counts"]["unchanged"] == 1


async def test_a_plan_with_rejected_rows_is_not_committed(registry: RunningService) -> None:
    rows = [zone_row("A"), zone_row("B", division_code="999999")]
    async with registry.client(ministry()) as office:
        plan = await _plan(office, rows)
        refused = await _commit(office, plan)
        kept = (await office.get("/api/v1/zones")).json()["items"]
        en = await office.get(f"{PATH}/{plan['id']}", headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["code"], kept) == (422, "import_rejected", [])
    assert refused.json()["report"] == plan
    fault = en.json()["rows"][0]["issues"][0]
    assert (fault["column"], fault["heading"], fault["detail"]) == (
        "E",
        "division_code",
        "The code does not stand in this edition",
    )


@pytest.mark.parametrize("at_once", [False, True])
async def test_groups_stand_or_fall_by_themselves(registry: RunningService, at_once: bool) -> None:
    rows = [zone_row("A"), zone_row("B", tier="local"), zone_row("C"), zone_row("Z", "999999")]
    async with registry.client(ministry()) as office:
        if at_once:
            url = f"{PATH}?atomicity=per_group&commit=true"
            done = await office.post(url, content=csv_text(rows), headers=SHEET)
        else:
            done = await _commit(office, await _plan(office, rows, "?atomicity=per_group"))
        codes = [item["code"] for item in (await office.get("/api/v1/zones")).json()["items"]]
        refused = await office.post(
            "/api/v1/divisions/imports?atomicity=per_group", content="system\n", headers=SHEET
        )
    assert (done.status_code, codes) == (200, ["A", "C"])
    assert (done.json()["counts"]["created"], done.json()["counts"]["rejected"]) == (2, 2)
    assert refused.json()["errors"][0]["parameter"] == "atomicity"


async def test_rows_are_read_page_by_page_and_by_outcome(registry: RunningService) -> None:
    rows = [zone_row(f"C{n:04}", "999999" if n % 100 == 7 else "420102") for n in range(4500)]
    async with registry.client(ministry()) as office:
        plan = await _plan(office, rows)
        found, url = [], f"{PATH}/{plan['id']}/rows?action=rejected&limit=20"
        while url:
            page = (await office.get(url)).json()
            found += [row["row"] for row in page["items"]]
            cursor = page["page"]["next_cursor"]
            url = cursor and f"{PATH}/{plan['id']}/rows?action=rejected&limit=20&cursor={cursor}"
        everything = (await office.get(f"{PATH}/{plan['id']}/rows?limit=500")).json()["items"]
        none = (await office.get(f"{PATH}/{plan['id']}/rows?action=updated")).json()["items"]
    assert found == [n + 2 for n in range(4500) if n % 100 == 7]
    assert [row["row"] for row in everything] == list(range(2, 502))
    assert none == []
    assert (plan["counts"]["created"], plan["counts"]["rejected"]) == (4455, 45)


async def test_a_plan_belongs_to_its_maker_and_to_the_nation(registry: RunningService) -> None:
    async with registry.client(province("420000")) as hubei:
        plan = await _plan(hubei, [zone_row("A")])
        assert (await hubei.get(f"{PATH}/{plan['id']}")).status_code == 200
    async with registry.client(province("430000")) as hunan:
        assert (await hunan.get(f"{PATH}/{plan['id']}")).status_code == 404
        assert (await _commit(hunan, plan)).status_code == 404
    async with registry.client(ministry()) as office:
        assert (await office.get(f"/api/v1/divisions/imports/{plan['id']}")).status_code == 404
        assert (await _commit(office, plan)).status_code == 200


async def test_a_plan_is_gone_after_a_day(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        plan = await _plan(office, [zone_row("A")])
        async with registry.runtime.database.transaction() as session:
            await session.execute(text("UPDATE import_plan SET expires_at = now()"))
        late = await _commit(office, plan)
        async with registry.runtime.database.transaction() as session:
            await forget_plans(session)
            left = [
                await session.scalar(text(f"SELECT count(*) FROM {t}"))
                for t in ("import_plan", "import_part")
            ]
    assert (late.status_code, left) == (404, [0, 0])


EDITS = st.dictionaries(st.sampled_from("ABCDE"), st.sampled_from(["edit", "delete", "create"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=st.sets(st.sampled_from("ABCDE")), planned=st.sets(st.sampled_from("ABCDE"), min_size=1), edits=EDITS
)
async def test_a_commit_does_the_plan_or_names_exactly_what_changed(
    registry: RunningService, held: set[str], planned: set[str], edits: dict[str, str]
) -> None:
    own = uuid4().hex[:8]
    async with registry.client(ministry()) as office:
        for code in held:
            assert (await office.post("/api/v1/zones", json=zone(own + code))).status_code == 201
        order = sorted(planned)
        plan = await _plan(office, [zone_row(own + code, name_zh="计划") for code in order])
        touched = {code for code, edit in edits.items() if await _edit(office, own + code, edit)}
        done = await _commit(office, plan)
        shown = (await office.get(f"/api/v1/zones?code[prefix]={own}")).json()["items"]
    names = {item["code"].removeprefix(own): item["names"]["zh-Hans"] for item in shown}
    if changed := touched & planned:
        assert (done.status_code, done.json()["code"]) == (409, "plan_outdated")
        assert [row["row"] for row in done.json()["rows"]] == [
            number for number, code in enumerate(order, start=2) if code in changed
        ]
        assert "计划" not in names.values()
    else:
        assert done.status_code == 200
        assert {code for code, name in names.items() if name == "计划"} == planned


async def _edit(office: httpx.AsyncClient, code: str, edit: str) -> bool:
    """Whether the edit had an effect."""
    if edit == "create":
        return (await office.post("/api/v1/zones", json=zone(code))).status_code == 201
    found = await office.get(f"/api/v1/zones/code:{code}")
    if found.status_code == 404:
        return False
    etag = {"if-match": found.headers["etag"]}
    if edit == "delete":
        return (await office.delete(f"/api/v1/zones/code:{code}", headers=etag)).status_code == 204
    merge = etag | {"content-type": "application/merge-patch+json"}
    body = '{"theme": "改"}'
    changed = await office.patch(f"/api/v1/zones/code:{code}", content=body.encode(), headers=merge)
    return changed.status_code == 200
