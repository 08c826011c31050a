"""Any history of a zone, late commits and corrections among it, against a model that keeps every day."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.interleaving import Before, stopped
from tests.registry.builders import zone
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio

FIRST, DAYS = date(2020, 1, 1), 6
Day = dict[str, Any]
STATEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "theme": st.sampled_from([None, "甲", "乙"]),
        "note": st.sampled_from([None, "x"]),
        "division": st.sampled_from(["420102", "430181"]),
        "external_ids": st.sampled_from([(), ("1",), ("1", "2")]),
        "longitude": st.sampled_from(["114.300000000000001", "114.30"]),
    },
)
WRITES = st.lists(
    st.tuples(st.integers(0, DAYS - 1), STATEMENTS, st.sampled_from(["at once", "late", "unnumbered"])),
    max_size=5,
)


class EveryDay:
    """What holds on each day, None before the beginning; the tiny model."""

    def __init__(self, begin: int, values: Day) -> None:
        self.days: list[Day | None] = [None] * begin + [dict(values) for _ in range(DAYS - begin)]

    def state(self, since: int, values: Day) -> None:
        begin = next(number for number, day in enumerate(self.days) if day is not None)
        for number in range(since, begin):
            self.days[number] = deepcopy(self.days[begin])
        said = deepcopy(self.days)
        for name, value in values.items():
            for number in range(since, DAYS):
                day, before, after = said[number], said[number - 1] if number else None, self.days[number]
                assert day is not None
                assert after is not None
                if number > since and before is not None and day[name] != before[name]:
                    break  # stated for this later day: it stands
                after[name] = value


def _body(values: Day, own: str) -> dict[str, Any]:
    """As the API takes it."""
    body = {name: value for name, value in values.items() if name in {"theme", "note"}}
    if "division" in values:
        body["division"] = {"code": values["division"], "edition": "201904"}
    if "external_ids" in values:
        body["external_ids"] = [{"system": own, "value": value} for value in values["external_ids"]]
    if "longitude" in values:
        body["point"] = {"longitude": values["longitude"], "latitude": "30.5"}
    return body


def _shown(item: dict[str, Any]) -> Day:
    return {
        "theme": item["theme"],
        "note": item["note"],
        "division": item["division"]["code"],
        "external_ids": tuple(named["value"] for named in item["external_ids"]),
        "longitude": item["point"]["longitude"],
    }


async def _write(
    office: httpx.AsyncClient, code: str, etag: str, since: int, body: dict[str, Any]
) -> httpx.Response:
    """One request, and so one transaction."""
    answer = await office.patch(
        f"/api/v1/zones/code:{code}?effective_date={FIRST + timedelta(since)}",
        json=body,
        headers={"if-match": etag},
    )
    assert answer.status_code == 200, answer.text
    return answer


def _now() -> str:
    return datetime.now(UTC).isoformat().replace("+00:00", "Z")


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(begin=st.integers(0, DAYS - 1), writes=WRITES)
async def test_any_moment_answers_as_the_model_and_as_it_answered_then(
    registry: RunningService, begin: int, writes: list[tuple[int, Day, str]]
) -> None:
    own = uuid4().hex[:8]  # the database is not emptied between examples
    first = {"theme": "甲", "note": None, "division": "420102", "external_ids": (), "longitude": "114.30"}
    model = EveryDay(begin, first)
    known: list[tuple[str, list[Day | None], dict[str, Any]]] = []  # instant, days, the answer of then

    async def remember(office: httpx.AsyncClient) -> None:
        plain = (await office.get(f"/api/v1/zones/code:{own}")).json()
        known.append((_now(), deepcopy(model.days), plain))

    async with registry.client(ministry()) as office:
        made = await office.post(
            f"/api/v1/zones?effective_date={FIRST + timedelta(begin)}", json=zone(own, **_body(first, own))
        )
        assert made.status_code == 201, made.text
        await registry.number_events()
        await remember(office)
        for since, values, when in writes:
            etag = (await office.get(f"/api/v1/zones/code:{own}")).headers["etag"]
            writing = _write(office, own, etag, since, _body(values, own))
            if when == "late":
                await registry.number_events()
                # it has written and not committed when it is asked what is known
                async with stopped(writing, Before(registry.runtime.database, "COMMIT")):
                    await remember(office)
                    await office.get(f"/api/v1/zones/code:{own}?known_at={known[-1][0]}")
            else:
                await writing
            model.state(since, values)
            plain = (await office.get(f"/api/v1/zones/code:{own}")).json()
            assert _shown(plain) == model.days[-1]
            if when != "unnumbered":
                await registry.number_events()
                await remember(office)
        await registry.number_events()
        await remember(office)
        for instant, days, answer in known:
            assert (await office.get(f"/api/v1/zones/code:{own}?known_at={instant}")).json() == answer
            expected: Day | None = None
            for number, expected in enumerate(days):
                day = FIRST + timedelta(number)
                moment = f"as_of={day}&known_at={instant}"
                one = await office.get(f"/api/v1/zones/code:{own}?{moment}")
                assert (_shown(one.json()) if one.status_code == 200 else None) == expected
            listed = (await office.get(f"/api/v1/zones?code={own}&{moment}&within=420000")).json()["items"]
            assert [item["code"] for item in listed] == (
                [own] if expected is not None and expected["division"] == "420102" else []
            )
