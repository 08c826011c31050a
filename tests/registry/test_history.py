"""Zones and divisions as they were, and as they were known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest

from chassis.temporal.moment import today
from tests.chassis.answers import problem_of
from tests.interleaving import Before, stopped
from tests.postgres import ServiceDatabases
from tests.registry.builders import division, zone, zone_row
from tests.service_app import RunningService, csv_text, ministry, province

pytestmark = pytest.mark.anyio


async def created(office: httpx.AsyncClient, since: str = "2013-05-01", **body: Any) -> dict[str, Any]:
    answer = await office.post(f"/api/v1/zones?effective_date={since}", json=zone(**body))
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def patched(office: httpx.AsyncClient, since: str | None = None, **members: Any) -> dict[str, Any]:
    """Zone Z-1 after a change from a date on."""
    held = await office.get("/api/v1/zones/code:Z-1")
    return await patched_at(office, held.headers["etag"], since, **members)


async def patched_at(
    office: httpx.AsyncClient, etag: str, since: str | None = None, **members: Any
) -> dict[str, Any]:
    """The same in one request, and so in one transaction."""
    query = f"?effective_date={since}" if since else ""
    answer = await office.patch(f"/api/v1/zones/code:Z-1{query}", json=members, headers={"if-match": etag})
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def themes(office: httpx.AsyncClient, *moments: str) -> list[str | None]:
    """The theme of Z-1 at each moment, a query string; "-" where it is not there."""
    found = []
    for moment in moments:
        answer = await office.get(f"/api/v1/zones/code:Z-1?{moment}")
        found.append(answer.json()["theme"] if answer.status_code == 200 else "-")
    return found


def instant() -> str:
    """Now, for a query string."""
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


async def test_a_zone_is_as_it_was_on_a_date(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲")
        await patched(office, "2016-01-01", theme="乙")
        await patched(office, theme="丙")
        days = ("2013-04-30", "2013-05-01", "2015-12-31", "2016-01-01", str(today() - timedelta(1)))
        assert await themes(office, *(f"as_of={day}" for day in days)) == ["-", "甲", "甲", "乙", "乙"]
        assert await themes(office, f"as_of={today()}", "as_of=2100-01-01", "") == ["丙", "丙", "丙"]
        echoed = await office.get("/api/v1/zones/code:Z-1?as_of=2015-12-31")
    assert echoed.headers["content-as-of"] == "2015-12-31"
    assert echoed.json()["version"] == 1


async def test_the_past_is_corrected_and_what_was_known_stays(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲", note="n")
        await patched(office, "2016-01-01", theme="乙")
        await registry.number_events()
        then = instant()
        plain = (await office.get("/api/v1/zones/code:Z-1")).json()
        corrected = await patched(office, "2014-01-01", theme="丁", note="m")
        await registry.number_events()
        days = ("2013-06-01", "2014-01-01", "2015-12-31", "2016-01-01")
        assert await themes(office, *(f"as_of={day}" for day in days)) == ["甲", "丁", "丁", "乙"]
        assert await themes(office, *(f"as_of={day}&known_at={then}" for day in days)) == [
            "甲", "甲", "甲", "乙",
        ]  # fmt: skip
        # the theme was stated for 2016 already; of the note nothing was
        assert (corrected["theme"], corrected["note"], corrected["version"]) == ("乙", "m", 3)
        known = await office.get(f"/api/v1/zones/code:Z-1?known_at={then}")
    assert known.json() == plain
    assert known.headers["content-known-at"] == then[:-4] + "Z"


async def test_a_date_before_the_beginning_carries_the_zone_back(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, since=str(today()), theme="甲")
        earlier = await patched(office, "2013-05-01")
        again = await patched(office, "2013-05-01")
        assert await themes(office, "as_of=2013-04-30", "as_of=2013-05-01") == ["-", "甲"]
    assert (earlier["version"], again["version"]) == (2, 2)


async def test_an_effective_date_may_not_lie_ahead(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        later = today() + timedelta(2)
        answer = await office.post(f"/api/v1/zones?effective_date={later}", json=zone())
        rubbish = await office.post("/api/v1/zones?effective_date=2013-02-30", json=zone())
    for refused in (answer, rubbish):
        assert (refused.status_code, refused.json()["errors"][0]["parameter"]) == (400, "effective_date")


async def test_filters_sorts_and_counts_mean_the_state_of_the_date(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, tier="provincial", external_ids=[{"system": "most", "value": "1"}])
        await created(office, code="Z-2", since="2017-01-01", tier="national")
        await patched(office, "2016-01-01", tier="national", external_ids=[])
        await patched(office, division={"code": "430181", "edition": "201904"})

        async def codes(query: str) -> list[str]:
            answer = (await office.get(f"/api/v1/zones?{query}")).json()
            if "count=exact" in query:
                assert answer["page"]["total"] == len(answer["items"])
            return [item["code"] for item in answer["items"]]

        assert await codes("tier=national&count=exact") == ["Z-1", "Z-2"]
        assert await codes("tier=national&as_of=2014-01-01&count=exact") == []
        assert await codes("tier=provincial&as_of=2014-01-01&count=exact") == ["Z-1"]
        assert await codes("as_of=2018-01-01&sort=-code&count=exact") == ["Z-2", "Z-1"]
        assert await codes("within=420000&as_of=2018-01-01") == ["Z-1", "Z-2"]
        assert await codes("within=420000") == ["Z-2"]
        assert await codes("external_id=most:1") == []
        assert await codes("external_id=most:1&as_of=2014-01-01") == ["Z-1"]
        listed = (await office.get("/api/v1/zones?as_of=2014-01-01")).json()["items"][0]
        assert listed["external_ids"] == [{"system": "most", "value": "1"}]
        assert listed["division"]["name"] == "江岸区"
        mapped = (await office.get("/api/v1/zones/geojson?as_of=2014-01-01")).json()["features"]
        assert [item["properties"]["code"] for item in mapped] == ["Z-1"]
        faceted = (await office.get("/api/v1/zones?as_of=2014-01-01&facets=tier,province")).json()["facets"]
        assert [(v["value"], v["count"]) for v in faceted["tier"]["values"]] == [("provincial", 1)]
        found = (await office.get("/api/v1/zones?as_of=2014-01-01&q=试验区")).json()["items"]
        assert [item["code"] for item in found] == ["Z-1"]


async def test_a_cursor_is_good_for_one_moment(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        for code in ("A", "B", "C"):
            await created(office, code=code)
        first = await office.get("/api/v1/zones?limit=2&as_of=2014-01-01")
        following = await office.get(first.links["next"]["url"])
        cursor = first.json()["page"]["next_cursor"]
        other = await office.get(f"/api/v1/zones?limit=2&as_of=2015-01-01&cursor={cursor}")
    assert [item["code"] for item in following.json()["items"]] == ["C"]
    assert (other.status_code, other.json()["code"]) == (400, "cursor_mismatch")


async def test_whose_place_it_was_and_whose_it_is_may_look_back(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office)
        await patched(office, "2018-01-01", division={"code": "430181", "edition": "201904"})
        await created(office, code="Z-2", division_code="320000")
    for code, now in (("420000", 404), ("430000", 200), ("320000", 404)):
        async with registry.client(province(code)) as reader:
            then = 404 if code == "320000" else 200
            path = "/api/v1/zones/code:Z-1"
            assert (await reader.get(path)).status_code == now
            assert (await reader.get(f"{path}?as_of=2015-01-01")).status_code == then
            assert (await reader.get(f"{path}?as_of=2019-01-01")).status_code == now
            listed = (await reader.get("/api/v1/zones?as_of=2015-01-01")).json()["items"]
            assert [item["code"] for item in listed] == {"320000": ["Z-2"]}.get(code, ["Z-1"])
            timeline = await reader.get(f"{path}/timeline")
            assert timeline.status_code == then
            places = {item["resource"]["division_path"][0] for item in timeline.json().get("items", [])}
            assert places == {"420000": {"420000"}, "430000": {"420000", "430000"}}.get(code, set())


async def test_what_was_taken_back_is_known_to_have_been_on_record(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        made = await office.post("/api/v1/zones?effective_date=2013-05-01", json=zone(theme="甲"))
        await registry.number_events()
        then = instant()
        path = f"/api/v1/zones/{made.json()['id']}"
        assert (await office.delete(path, headers={"if-match": made.headers["etag"]})).status_code == 204
        await registry.number_events()
        assert await themes(office, "as_of=2014-01-01", f"known_at={then}") == ["-", "甲"]
        entries = (await office.get(f"{path}/timeline")).json()["items"]
    assert [entry["superseded_at"] is None for entry in entries] == [False]


async def test_the_timeline_tells_who_changed_what_and_since_when_it_is_known(
    registry: RunningService,
) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲")
        await patched(office, "2016-01-01", theme="乙", note="n")
        await registry.number_events()
        await patched(office, "2014-01-01", theme="丁")
        path = "/api/v1/zones/code:Z-1/timeline"
        items = (await office.get(path)).json()["items"]
        held = (await office.get(f"{path}?superseded_at[isnull]=true&version[lte]=2")).json()["items"]
        unknown = await office.get("/api/v1/zones/code:Z-9/timeline")
    told = [(e["version"], e["valid_from"], e["valid_to"], e["resource"]["theme"]) for e in items]
    assert told == [
        (1, "2013-05-01", None, "甲"),
        (2, "2013-05-01", "2016-01-01", "甲"),
        (3, "2013-05-01", "2014-01-01", "甲"),
        (3, "2014-01-01", "2016-01-01", "丁"),
        (2, "2016-01-01", None, "乙"),
        (3, "2016-01-01", None, "乙"),
    ]
    assert [e["changed"] for e in items[1:5]] == [["valid_to"], ["valid_to"], ["theme"], ["note", "theme"]]
    assert {e["actor"] for e in items} == {"person:ministry"}
    assert [e["recorded_at"] is None for e in items] == [False, False, True, True, False, True]
    assert held == [e for e in items if e["version"] <= 2 and e["superseded_at"] is None]
    assert unknown.status_code == 404


async def test_a_late_commit_changes_no_answer_that_was_given(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲")
        await registry.number_events()
        etag = (await office.get("/api/v1/zones/code:Z-1")).headers["etag"]
        async with stopped(patched_at(office, etag, theme="乙"), Before(registry.runtime.database, "COMMIT")):
            between = instant()
            assert await themes(office, f"known_at={between}") == ["甲"]
        await registry.number_events()
        assert await themes(office, f"known_at={between}", f"known_at={instant()}") == ["甲", "乙"]


async def test_a_read_waits_for_the_number_of_what_is_committed(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲")
        waiting = await office.get(f"/api/v1/zones/code:Z-1?known_at={instant()}")
        await registry.number_events()
        known = await office.get(f"/api/v1/zones/code:Z-1?known_at={instant()}")
        ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
        future = await office.get(f"/api/v1/zones/code:Z-1?known_at={ahead}")
    assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "1")
    assert (known.status_code, known.json()["theme"]) == (200, "甲")
    assert (future.status_code, future.json()["code"]) == (409, "not_yet_known")
    assert 3590 <= int(future.headers["retry-after"]) <= 3600


async def test_history_refuses_an_overlap_and_what_would_alter_it(
    registry: RunningService, service_databases: ServiceDatabases
) -> None:
    async with registry.client(ministry()) as office:
        made = await created(office)
    connection = await asyncpg.connect(
        service_databases.url("registry"), server_settings={"search_path": "registry"}
    )
    copied = """
        INSERT INTO history (kind, subject_id, since_version, valid_from,
                             opened_by, actor, changed, division_path, data)
        SELECT kind, subject_id, since_version + $1, valid_from + $2::integer,
               opened_by, actor, changed, '{}', data
        FROM history WHERE subject_id = $3
    """
    try:
        for later in (0, 1):
            with pytest.raises(asyncpg.ExclusionViolationError):
                await connection.execute(copied, later, 10, made["id"])
        for forbidden in ("UPDATE history SET data = '{}'", "DELETE FROM history"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_a_sheet_says_since_when_its_zones_are_so(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:

        async def load(*rows: dict[str, Any]) -> Any:
            answer = await office.post(
                "/api/v1/zones/imports?commit=true",
                content=csv_text(list(rows)),
                headers={"content-type": "text/csv"},
            )
            return answer.json() if answer.status_code == 200 else answer.json()["report"]

        row = zone_row(theme="甲", effective_date="")
        assert (await load(row))["counts"]["created"] == 1
        assert (await load(row))["counts"]["unchanged"] == 1
        since = row | {"effective_date": "2013-05-01"}
        assert (await load(since))["counts"]["updated"] == 1
        assert (await load(since))["counts"]["unchanged"] == 1
        changed = row | {"effective_date": "2016-01-01", "theme": "乙"}
        assert (await load(changed))["counts"]["updated"] == 1
        before = row | {"effective_date": "2015-01-01", "theme": "丙"}
        refused = (await load(before))["rows"][0]["issues"][0]
        ahead = (await load(row | {"effective_date": "2999-01-01"}))["rows"][0]["issues"][0]
        assert await themes(office, "as_of=2013-04-30", "as_of=2015-01-01", "") == ["-", "甲", "乙"]
    assert (refused["code"], refused["name"]) == ("effective_before_last_change", "effective_date")
    assert ahead["code"] == "effective_in_future"


async def test_divisions_stand_as_of_their_editions_and_are_known_as_they_were(
    registry: RunningService,
) -> None:
    async with registry.client(ministry()) as office:

        async def names(query: str) -> list[str]:
            items = (await office.get(f"/api/v1/divisions?within=320000&{query}")).json()["items"]
            return [item["name"] for item in items]

        assert await names("as_of=1996-11-30") == ["江苏省"]
        assert await names("as_of=1996-12-01") == ["江苏省", "大丰市"]
        assert await names("as_of=2015-12-01") == ["江苏省"]
        await created(office, division={"code": "320982", "edition": "200812"})
        await registry.number_events()
        then, plain = instant(), (await office.get("/api/v1/zones/code:Z-1")).json()
        corrected = division("320982", "大丰", "199612", "201408")
        answer = await office.post(
            "/api/v1/divisions/imports?commit=true",
            content=csv_text([corrected]),
            headers={"content-type": "text/csv"},
        )
        assert answer.json()["counts"]["updated"] == 1
        await registry.number_events()
        assert await names("as_of=2015-01-01") == ["江苏省"]
        assert await names(f"as_of=2015-01-01&known_at={then}") == ["江苏省", "大丰市"]
        assert await names("") == ["江苏省", "大丰"]
        assert (await office.get(f"/api/v1/zones/code:Z-1?known_at={then}")).json() == plain
        one = await office.get(f"/api/v1/divisions/code:320982?known_at={then}")
        assert (one.json()["name"], one.json()["version"]) == ("大丰市", 1)
        timeline = (await office.get("/api/v1/divisions/code:320982/timeline")).json()["items"]
    assert [(e["valid_to"], e["superseded_at"] is None) for e in timeline] == [
        ("2015-12-01", False),
        ("2014-08-01", True),
    ]
    assert date.fromisoformat(timeline[1]["valid_from"]) == date(1996, 12, 1)


async def test_nobody_writes_the_history_of_a_place_that_is_not_theirs(registry: RunningService) -> None:
    async with registry.client(ministry()) as office:
        await created(office, theme="甲")
        await patched(office, "2016-01-01", division={"code": "430181", "edition": "201904"})
    path = "/api/v1/zones/code:Z-1"
    async with registry.client(province("430000")) as hunan:
        tag = {"if-match": (await hunan.get(path)).headers["etag"]}
        for since, body in (
            ("2014-01-01", {"theme": "乙"}),
            ("2012-01-01", {"note": "n"}),
            ("2015-01-01", {"division": {"code": "430181", "edition": "201904"}}),
        ):
            refused = await hunan.patch(f"{path}?effective_date={since}", json=body, headers=tag)
            assert problem_of(refused, 403, "forbidden")["reason"] == "outside_write_scope", body
        same = await hunan.patch(f"{path}?effective_date=2014-01-01", json={"theme": "甲"}, headers=tag)
        assert (same.status_code, same.json()["version"]) == (200, 2)
        await patched(hunan, "2017-01-01", theme="丙")
        days = ("as_of=2014-06-01", "as_of=2016-06-01", "as_of=2017-06-01")
        assert await themes(hunan, *days) == ["甲", "甲", "丙"]
