"""The inbox over the API."""

from __future__ import annotations

import dataclasses
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from chassis.base_tables import consumer
from chassis.feed.consumer import follow_once
from chassis.feed.recovery import follow_or_recover
from chassis.identity.principal import Scope
from services.gateway.app import SERVICE
from services.gateway.notices.forgetting import FORGETTING, forget_notices
from tests.chassis.answers import problem_of
from tests.chassis.conftest import import_divisions
from tests.gateway.notices.builders import HUBEI, HUNAN, add_person, tell, zone_event
from tests.gateway.notices.conftest import as_caller
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
INBOX, SETTINGS, MARKS = "/api/v1/notices", "/api/v1/notices/settings", "/api/v1/notices/read-marks"


async def test_a_zone_that_is_registered_is_told_to_those_who_may_see_it(
    inbox: RunningService, registry: RunningService
) -> None:
    people = {
        place: await add_person(inbox.runtime.database, f"officer-{place}", scope=place)
        for place in (HUBEI, HUNAN)
    }
    await import_divisions(registry)
    async with registry.client(ministry()) as office:
        made = (await office.post("/api/v1/zones", json=zone("Z-1", "420102"))).json()
    await registry.number_events()
    runtime = inbox.runtime
    apply = SERVICE.follows["registry"]
    assert await follow_once(runtime.database, runtime.peers["registry"], "registry", apply) > 0
    assert await follow_once(runtime.database, runtime.peers["registry"], "registry", apply) == 0
    async with inbox.client(await as_caller(inbox, people[HUBEI])) as officer:
        [notice] = (await officer.get(INBOX)).json()["items"]
        english = (await officer.get(INBOX, headers={"accept-language": "en"})).json()["items"][0]
    async with inbox.client(await as_caller(inbox, people[HUNAN])) as neighbour:
        assert (await neighbour.get(INBOX)).json()["items"] == []
    assert (notice["kind"], notice["title"]) == ("zone_registered", "新登记实验区")
    assert notice["text"] == "已登记实验区“试验区Z-1”"
    assert english["text"] == "The zone “Zone Z-1” was registered"
    assert notice["url"] == f"/api/v1/zones/{made['id']}"
    assert notice["read_at"] is None


async def test_a_notice_is_kept_400_days(inbox: RunningService) -> None:
    database = inbox.runtime.database
    person = await add_person(database, "officer")
    for _ in range(2):
        await tell(database, zone_event())
    async with inbox.client(await as_caller(inbox, person)) as officer:
        kept, old = [item["id"] for item in (await officer.get(INBOX)).json()["items"]]
        async with database.transaction() as session:
            for notice, days in ((kept, 399), (old, 401)):
                aged = {"id": notice, "days": days}
                await session.execute(
                    text(
                        "UPDATE notice SET created_at = now() - make_interval(days => :days) WHERE id = :id"
                    ),
                    aged,
                )
        await forget_notices(inbox.runtime)
        left = [item["id"] for item in (await officer.get(INBOX)).json()["items"]]
    assert left == [kept]
    assert FORGETTING in SERVICE.all_schedules()


async def test_a_feed_without_the_history_goes_on_at_its_newest(
    inbox: RunningService, registry: RunningService
) -> None:
    person = await add_person(inbox.runtime.database, "officer", scope=HUBEI)
    await import_divisions(registry)
    runtime, apply = inbox.runtime, SERVICE.follows["registry"]
    peer = runtime.peers["registry"]
    async with registry.client(ministry()) as office:
        assert (await office.post("/api/v1/zones", json=zone("Z-1", "420102"))).status_code == 201
        await registry.number_events()
        async with runtime.database.transaction() as session:  # as after a restore of the registry
            await session.execute(
                insert(consumer).values(source="registry", epoch="another", position=999_999)
            )
        await follow_or_recover(runtime.database, peer, "registry", apply)
        assert (await office.post("/api/v1/zones", json=zone("Z-2", "420102"))).status_code == 201
        await registry.number_events()
        await follow_or_recover(runtime.database, peer, "registry", apply)
    async with inbox.client(await as_caller(inbox, person)) as officer:
        texts = [item["text"] for item in (await officer.get(INBOX)).json()["items"]]
    assert texts == ["已登记实验区“试验区Z-2”"]


async def test_an_event_that_comes_again_is_told_once(inbox: RunningService) -> None:
    person = await add_person(inbox.runtime.database, "officer")
    event = zone_event()
    await tell(inbox.runtime.database, event, event)
    await tell(inbox.runtime.database, event)
    async with inbox.client(await as_caller(inbox, person)) as officer:
        assert (await officer.get("/api/v1/notices/unread")).json() == {"unread": 1}


async def test_what_is_unread_comes_first_and_pages_go_on(inbox: RunningService) -> None:
    database = inbox.runtime.database
    person = await add_person(database, "officer")
    for _ in range(5):
        await tell(database, zone_event())
    async with inbox.client(await as_caller(inbox, person)) as officer:
        newest_first = [item["id"] for item in (await officer.get(INBOX)).json()["items"]]
        marked = await officer.post(MARKS, json={"ids": [newest_first[0], newest_first[2], str(uuid4())]})
        first = (await officer.get(f"{INBOX}?limit=3")).json()
        rest = (await officer.get(f"{INBOX}?limit=3&cursor={first['page']['next_cursor']}")).json()
        unread = (await officer.get(f"{INBOX}?unread=true")).json()["items"]
        all_read = await officer.post(MARKS, json={"up_to": newest_first[1]})
    order = [newest_first[i] for i in (1, 3, 4, 0, 2)]
    assert newest_first == sorted(newest_first, reverse=True)
    assert [item["id"] for item in first["items"] + rest["items"]] == order
    assert [item["id"] for item in unread] == order[:3]
    assert (marked.json(), all_read.json()) == ({"unread": 3}, {"unread": 0})


async def test_nobody_reads_or_marks_what_is_anothers(inbox: RunningService) -> None:
    database = inbox.runtime.database
    one, other = await add_person(database, "one"), await add_person(database, "other")
    await tell(database, zone_event())
    async with inbox.client(await as_caller(inbox, one)) as owner:
        [notice] = (await owner.get(INBOX)).json()["items"]
        async with inbox.client(await as_caller(inbox, other)) as stranger:
            await stranger.post(MARKS, json={"ids": [notice["id"]]})
            assert len((await stranger.get(INBOX)).json()["items"]) == 1
        assert (await owner.get(INBOX)).json()["items"] == [notice]


async def test_who_may_see_it_no_more_reads_it_no_more(inbox: RunningService) -> None:
    person = await add_person(inbox.runtime.database, "officer")
    await tell(inbox.runtime.database, zone_event())
    caller = await as_caller(inbox, person)
    moved = dataclasses.replace(caller, view=Scope(divisions=frozenset({HUNAN})))
    demoted = dataclasses.replace(caller, permissions=frozenset({"notice.read"}))
    for changed in (moved, demoted):
        async with inbox.client(changed) as officer:
            assert (await officer.get(INBOX)).json()["items"] == []
            assert (await officer.get("/api/v1/notices/unread")).json() == {"unread": 0}
    async with inbox.client(caller) as officer:
        assert len((await officer.get(INBOX)).json()["items"]) == 1


async def test_settings_start_at_the_defaults_and_change_under_if_match(inbox: RunningService) -> None:
    person = await add_person(inbox.runtime.database, "officer")
    async with inbox.client(await as_caller(inbox, person)) as officer:
        first = await officer.get(SETTINGS)
        wish = {"email": "officer@example.org", "channels": {"zone_registered": "email"}}
        problem_of(await officer.patch(SETTINGS, json=wish), 428)
        changed = await officer.patch(SETTINGS, json=wish, headers={"if-match": first.headers["etag"]})
        stale = await officer.patch(SETTINGS, json=wish, headers={"if-match": first.headers["etag"]})
        now = {"if-match": changed.headers["etag"]}
        same = await officer.patch(SETTINGS, json=wish, headers=now)
        off = await officer.patch(SETTINGS, json={"channels": {"zone_registered": "off"}}, headers=now)
        again = {"if-match": off.headers["etag"]}
        default = await officer.patch(
            SETTINGS, json={"email": None, "channels": {"zone_registered": None}}, headers=again
        )
    assert first.json()["channels"] == dict.fromkeys(
        ("zone_registered", "zone_state_changed", "project_entered"), "in_app"
    )
    assert (first.json()["version"], first.json()["mail_available"]) == (0, False)
    assert (changed.json()["version"], changed.json()["email"]) == (1, "officer@example.org")
    problem_of(stale, 412)
    assert same.json() == changed.json()
    assert off.json()["email"] == "officer@example.org"
    assert default.json()["channels"] == first.json()["channels"]
    assert default.json()["email"] is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"email": "no address"}, 422),
        ({"email": "a@b.c\nBcc: x@y.z"}, 422),
        ({"email": "a@example.org, b@example.org"}, 422),
        ({"channels": {"everything": "email"}}, 422),
        ({"channels": {"zone_registered": "pigeon"}}, 422),
        ({"mail_available": True}, 422),
    ],
)
async def test_settings_that_make_no_sense_are_refused(
    inbox: RunningService, body: dict[str, object], status: int
) -> None:
    person = await add_person(inbox.runtime.database, "officer")
    async with inbox.client(await as_caller(inbox, person)) as officer:
        problem_of(await officer.patch(SETTINGS, json=body, headers={"if-match": '"0.x"'}), status)


@pytest.mark.parametrize(
    "body", [{}, {"ids": []}, {"ids": ["x"]}, {"ids": [str(uuid4())], "up_to": str(uuid4())}]
)
async def test_marks_that_make_no_sense_are_refused(inbox: RunningService, body: dict[str, object]) -> None:
    person = await add_person(inbox.runtime.database, "officer")
    async with inbox.client(await as_caller(inbox, person)) as officer:
        problem_of(await officer.post(MARKS, json=body), 422)
