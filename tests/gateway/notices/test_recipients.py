"""Who is told of an event."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from chassis.identity.principal import EVERYWHERE, Principal, Scope
from services.gateway.notices.kinds import KINDS, text_of
from services.gateway.notices.recipients import Person, notices_for
from tests.gateway.notices.builders import ACTOR, HUBEI, HUNAN, ZONE_ID, zone_event

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
ID = UUID("0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01")


def person(**changes: Any) -> Person:
    principal = Principal(
        f"person:{ID}",
        "gateway",
        permissions=changes.pop("permissions", frozenset({"zone.read", "project.read"})),
        view=changes.pop("view", Scope(divisions=frozenset({HUBEI}))),
    )
    values: dict[str, Any] = {
        "account_id": ID,
        "principal": principal,
        "since": NOW - timedelta(days=9),
        "email": None,
        "channels": {},
    }
    return Person(**(values | changes))


def told(event: dict[str, Any], who: Person, at: datetime = NOW) -> list[dict[str, Any]]:
    return notices_for(event, NOW, [who], at)


def test_whoever_may_see_the_zone_is_told_in_both_languages() -> None:
    [row] = told(zone_event("updated", "note", "state"), person())
    assert (row["account_id"], row["kind"], row["subject_id"]) == (ID, "zone_state_changed", ZONE_ID)
    assert text_of(row["kind"], row["names"]) == (
        "实验区“江岸试验区”的状态已改变",
        "The state of the zone “Jiang'an Zone” has changed",
    )
    assert (row["mail_state"], row["mail_due_at"]) == ("none", None)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"view": EVERYWHERE}, 1),
        ({"view": Scope(zones=frozenset({str(ZONE_ID)}))}, 1),
        ({"view": Scope(divisions=frozenset({HUNAN}))}, 0),
        ({"view": Scope()}, 0),
        ({"permissions": frozenset({"project.read"})}, 0),
        ({"channels": {"zone_registered": "off"}}, 0),
        ({"channels": {"zone_state_changed": "off"}}, 1),
        ({"since": NOW + timedelta(seconds=1)}, 0),
    ],
)
def test_nobody_else_is(changes: dict[str, Any], count: int) -> None:
    assert len(told(zone_event(), person(**changes))) == count


def test_what_one_did_oneself_and_what_is_long_past_is_no_news() -> None:
    assert told(zone_event(actor=f"person:{ID}"), person()) == []
    assert told(zone_event(), person(), NOW + timedelta(days=3)) == []
    assert len(told(zone_event(actor=ACTOR), person(), NOW + timedelta(days=1))) == 1


def test_a_change_of_something_else_is_none_of_the_kinds() -> None:
    assert told(zone_event("updated", "note"), person()) == []
    assert told(zone_event("deleted", "deleted_at"), person()) == []


@pytest.mark.parametrize(
    ("email", "channel", "state"),
    [
        ("a@example.org", "email", "waiting"),
        ("a@example.org", "in_app", "none"),
        (None, "email", "none"),
    ],
)
def test_an_email_needs_the_wish_and_an_address(email: str | None, channel: str, state: str) -> None:
    [row] = told(zone_event(), person(email=email, channels={"zone_registered": channel}))
    assert (row["mail_state"], row["mail_due_at"] is not None) == (state, state == "waiting")


def test_a_project_of_the_nation_is_for_those_who_see_everything() -> None:
    event = zone_event()
    event["type"] = "sdz.project.created.v1"
    event["data"]["resource"] = {"title": "湿地", "zone": None, "division_path": ["nation"]}
    assert told(event, person()) == []
    [row] = told(event, person(view=EVERYWHERE))
    assert text_of(row["kind"], row["names"]).zh == "“国家”录入了项目“湿地”"


def test_each_kind_has_words_for_all_that_it_names() -> None:
    for kind in KINDS.values():
        for template in kind.text:
            names = dict.fromkeys(("zone", "title"), ("x", "y"))
            assert template.format(**names)
