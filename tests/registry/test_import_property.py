"""Any sequence of sheets, previews and rubbish among them, against a model in a dictionary."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.registry.builders import zone_row
from tests.service_app import RunningService, csv_text, ministry

pytestmark = pytest.mark.anyio

CODES = st.sampled_from(["A", "B", "C", "D"])
GOOD = st.fixed_dictionaries(
    {
        "name_zh": st.sampled_from(["甲", "乙", "丙"]),
        "tier": st.sampled_from(["national", "provincial", ""]),
        "division_code": st.sampled_from(["420102", "430181"]),
        "theme": st.sampled_from(["", "绿色", "a,b", 'say "x"', "两\n行"]),
    }
)
BAD = st.sampled_from(
    [{"tier": "local"}, {"division_code": "999999"}, {"name_zh": ""}, {"longitude": "1e400"}]
)
SHEETS = st.lists(
    st.tuples(
        st.dictionaries(CODES, GOOD, min_size=1),
        st.one_of(st.none(), st.none(), BAD),
        st.booleans(),
    ),
    max_size=6,
)


def _row(code: str, values: dict[str, str]) -> dict[str, Any]:
    return zone_row(code) | {"longitude": "", "latitude": "", "theme": ""} | values


async def _events(office: httpx.AsyncClient, ids: set[str]) -> list[dict[str, Any]]:
    found, after, more = [], "0", True
    while more:
        page = (await office.get(f"/api/v1/changes?types=zone&limit=1000&after={after}")).json()
        found += [event for event in page["items"] if event["data"]["id"] in ids]
        after, more = page["next_after"], not page["up_to_date"]
    return found


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheets=SHEETS)
async def test_sheets_do_what_a_dictionary_does(
    registry: RunningService, sheets: list[tuple[dict[str, dict[str, str]], dict[str, str] | None, bool]]
) -> None:
    own = uuid4().hex[:8]  # the database is not emptied between examples
    model: dict[str, dict[str, str]] = {}
    versions: dict[str, int] = {}
    async with registry.client(ministry()) as office:
        for rows, fault, commit in sheets:
            sheet = [_row(f"{own}{code}", values) for code, values in rows.items()]
            if fault is not None:
                sheet.append(_row(f"{own}BAD", {}) | fault)
            answer = await office.post(
                f"/api/v1/zones/imports?commit={str(commit).lower()}",
                content=csv_text(sheet),
                headers={"content-type": "text/csv"},
            )
            report = answer.json() if answer.is_success else answer.json()["report"]
            assert (answer.status_code == 422) == (commit and fault is not None), answer.text
            counts = report["counts"]
            assert sum(number for name, number in counts.items() if name != "received") == counts["received"]
            assert counts["created"] == len(rows.keys() - model.keys())
            assert counts["unchanged"] == sum(model.get(code) == values for code, values in rows.items())
            assert counts["rejected"] == (fault is not None)
            if commit and fault is None:
                for code, values in rows.items():
                    if model.get(code) != values:
                        versions[code] = versions.get(code, 0) + 1
                model |= rows
        items = (await office.get(f"/api/v1/zones?code[prefix]={own}")).json()["items"]
        await registry.number_events()
        ids = {item["id"] for item in items}
        events = await _events(office, ids)
    shown = {item["code"].removeprefix(own): item for item in items}
    assert set(shown) == set(model)
    for code, values in model.items():
        item = shown[code]
        assert (item["name"], item["tier"] or "", item["theme"] or "") == (
            values["name_zh"],
            values["tier"],
            values["theme"],
        )
        assert item["division"]["code"] == values["division_code"]
        assert item["version"] == versions[code]
        told = [event["data"]["version"] for event in events if event["data"]["id"] == item["id"]]
        assert told == list(range(1, versions[code] + 1))
