"""Lists: filters, pages, how many statements they take."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from tests.projects.builders import COLLECTIONS, record
from tests.projects.conftest import TwoServices
from tests.service_app import ministry

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize(("collection", "own"), COLLECTIONS)]


# query (`@` is the collection's own member) → codes in order
ANSWERS = {
    "": "A-1 A-2 A-3 B-1",
    "sort=-code": "B-1 A-3 A-2 A-1",
    "sort=created_at": "A-1 A-2 A-3 B-1",
    "zone=HB-1": "A-1",
    "zone=code:HN-1": "A-3",
    "zone=code:NO": "",
    "zone=ext:most:1": "",
    "within=420000": "A-1 A-2",
    "within=420102": "A-1",
    "within=999999": "",
    "field=水": "A-2",
    "field[ne]=水": "A-1 A-3 B-1",
    "field[isnull]=true": "B-1",
    "year=2018": "A-2",
    "year[gte]=2012&year[lt]=2022": "A-1 A-2",
    "year[isnull]=true": "A-3",
    "code=A-1": "A-1",
    "code[in]=A-1,B-1": "A-1 B-1",
    "code[prefix]=A": "A-1 A-2 A-3",
    "title[contains]=湿地": "A-1 A-3 B-1",
    "title[contains]=%25": "A-2",
    "@[contains]=研发": "A-1",
    "@[isnull]=true&zone=HB-2": "A-2",
}
REFUSED = {
    "zones=HB-1": "unknown_parameter",
    "year=soon": "invalid_parameter",
    "budget=1": "unknown_parameter",
    "sort=title": "invalid_parameter",
}


def _bodies(own: str) -> list[dict[str, Any]]:
    return [
        record("A-1", "HB-1", year=2012, **{own: "国家重点研发计划"}),
        record("A-2", "HB-2", year=2018, field="水", title="100%回用"),
        record("A-3", "HN-1", year=None),
        record("B-1", None, year=2022, field=None),
    ]


async def test_a_list_is_filtered_and_sorted(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        for body in _bodies(own):
            assert (await office.post(f"/api/v1/{collection}", json=body)).status_code == 201
        shown = {}
        for query in ANSWERS:
            answer = await office.get(f"/api/v1/{collection}?{query.replace('@', own)}")
            shown[query] = " ".join(item["code"] for item in answer.json()["items"])
    assert shown == ANSWERS


async def test_what_is_not_declared_is_refused(services: TwoServices, collection: str, own: str) -> None:
    async with services.client(ministry()) as office:
        answers = {query: await office.get(f"/api/v1/{collection}?{query}") for query in REFUSED}
    assert {answer.status_code for answer in answers.values()} == {400}
    assert {query: answer.json()["code"] for query, answer in answers.items()} == REFUSED


async def test_pages_meet_without_gap_and_cost_one_statement_each(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        for number in range(7):
            await office.post(f"/api/v1/{collection}", json=record(f"R-{number}", ["HB-1", None][number % 2]))
        statements: list[str] = []
        engine = services.projects.runtime.database.engine.sync_engine

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        codes: list[str] = []
        url: str | None = f"/api/v1/{collection}?limit=3"
        pages = 0
        while url is not None:
            answer = await office.get(url)
            codes += [item["code"] for item in answer.json()["items"]]
            pages += 1
            url = answer.links["next"]["url"] if "next" in answer.links else None
    assert codes == [f"R-{number}" for number in range(7)]
    assert (pages, len(statements)) == (3, 3)


async def test_records_are_found_counted_and_shown_with_their_zone(
    services: TwoServices, collection: str, own: str
) -> None:
    async with services.client(ministry()) as office:
        for code, zone in (("A", "code:HB-1"), ("B", "code:HN-1"), ("C", None)):
            body = record(code, zone, **{own: "低碳循环"})
            assert (await office.post(f"/api/v1/{collection}", json=body)).status_code == 201
        sought = await office.get(f"/api/v1/{collection}?q=shidi&facets={own},province&sort=name,-code")
        shown = await office.get(f"/api/v1/{collection}?expand=zone&fields=code")
        one = await office.get(f"/api/v1/{collection}/code:A?expand=zone", headers={"accept-language": "en"})
    assert [item["code"] for item in sought.json()["items"]] == ["A", "B", "C"]
    counts = {
        name: [(item["value"], item["count"]) for item in facet["values"]]
        for name, facet in sought.json()["facets"].items()
    }
    assert counts == {own: [("低碳循环", 3)], "province": [("420000", 1), ("430000", 1), (None, 1)]}
    zones = [item["expanded"]["zone"] for item in shown.json()["items"]]
    assert [zone and zone["code"] for zone in zones] == ["HB-1", "HN-1", None]
    assert (one.json()["expanded"]["zone"]["name"], one.json()["zone"]["name"]) == ("Zone HB-1", "Zone HB-1")
