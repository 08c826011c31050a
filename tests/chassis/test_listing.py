"""Pages: together they are the whole, whatever the rows, the sort and the size of a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID

import pytest
from fastapi import Request
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import DateTime, Integer, Numeric, String, Uuid, column, event, select, values

from chassis.listing import Listing, fetch_page
from tests.chassis.answers import problem_of, shared_database
from tests.registry.builders import zone_row
from tests.service_app import RunningService, csv_text, ministry

pytestmark = pytest.mark.anyio
# few different values, so that ties are the rule
rows_of_table = st.lists(
    st.tuples(
        st.uuids(version=4),
        st.sampled_from(["", "a", "B", "b", "é", "区", "县", "a b"]),
        st.integers(-2, 2),
        st.sampled_from([Decimal("0.1"), Decimal("0.10"), Decimal("-3"), Decimal("12345678901234567.89")]),
        st.datetimes(datetime(2024, 1, 1), datetime(2024, 1, 2), timezones=st.just(UTC)),
    ),
    max_size=25,
    unique_by=lambda row: row[0],
)
sorts = st.lists(
    st.tuples(st.sampled_from(["", "-"]), st.sampled_from(["name", "number", "amount", "moment"])).map(
        "".join
    ),
    min_size=1,
    max_size=3,
).map(",".join)


def table_of(rows: list[tuple[Any, ...]]) -> Any:
    """The rows as a table that exists for the length of a statement."""
    columns = (
        column("id", Uuid),
        column("name", String),
        column("number", Integer),
        column("amount", Numeric),
        column("moment", DateTime(timezone=True)),
    )
    return values(*columns, name="listed").data(rows)


def listing_of(table: Any) -> Listing:
    return Listing(
        filters={},
        sorts={
            "name": (table.c.name, str),
            "number": (table.c.number, int),
            "amount": (table.c.amount, Decimal),
            "moment": (table.c.moment, datetime),
        },
        default_sort="name",
        id_column=table.c.id,
    )


async def page_of(service: RunningService, table: Any, query: str) -> tuple[list[UUID], Any]:
    scope = {
        "type": "http",
        "app": service.app,
        "path": "/x",
        "query_string": query.encode(),
        "headers": [],
        "server": ("service", 80),
    }
    asked = await listing_of(table)(Request(scope))
    async with service.runtime.database.transaction() as session:
        rows, page = await fetch_page(session, select(table), asked)
    return [row.id for row in rows], page


@shared_database
@given(rows=rows_of_table, sort=sorts, limit=st.integers(1, 7))
async def test_pages_one_after_the_other_are_the_whole_sorted_list(
    shared_probe: RunningService, rows: list[tuple[Any, ...]], sort: str, limit: int
) -> None:
    if not rows:
        return
    table = table_of(rows)
    whole, last = await page_of(shared_probe, table, f"sort={sort}&limit=500&count=exact")
    assert (len(whole), last.total, last.has_more, last.next_cursor) == (len(rows), len(rows), False, None)
    seen: list[UUID] = []
    cursor = ""
    for _ in range(len(rows) + 1):
        part, page = await page_of(shared_probe, table, f"sort={sort}&limit={limit}{cursor}")
        assert page.has_more == (page.next_cursor is not None)
        assert part, "a cursor that leads to nothing"
        seen += part
        cursor = f"&cursor={page.next_cursor}"
        if not page.has_more:
            break
    assert seen == whole
    _in_order(rows, whole, sort)


@pytest.mark.parametrize(
    ("sort", "order"),
    [("-number,name", "cdab"), ("number,-name", "badc"), ("-number,-name", "dcba"), ("number", "abcd")],
)
async def test_keys_that_run_in_different_directions(
    shared_probe: RunningService, sort: str, order: str
) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    rows = [
        (UUID(int=n), name, number, Decimal(0), moment)
        for n, (name, number) in enumerate([("a", 1), ("b", 1), ("c", 2), ("d", 2)])
    ]
    names, cursor = "", ""
    for _ in rows:
        part, page = await page_of(shared_probe, table_of(rows), f"sort={sort}&limit=1{cursor}")
        names += "".join(row[1] for row in rows if row[0] in part)
        cursor = f"&cursor={page.next_cursor}"
    assert (names, page.has_more) == (order, False)


def _in_order(rows: list[tuple[Any, ...]], listed: list[UUID], sort: str) -> None:
    """Sorted as asked, judged without the database for the kinds that Python sorts alike."""
    by_id = {row[0]: row for row in rows}
    keys = [(part.startswith("-"), part.removeprefix("-")) for part in sort.split(",")]
    down, name = keys[0]
    position = {"number": 2, "amount": 3, "moment": 4}.get(name)
    if position is None:
        return
    first = [by_id[identity][position] for identity in listed]
    assert first == sorted(first, reverse=down)
    if len(keys) == 1:  # ties are broken by the id, in the same direction
        for _, tied in groupby(listed, key=lambda identity: by_id[identity][position]):
            ids = list(tied)
            assert ids == sorted(ids, reverse=down)


async def _import(service: RunningService, codes: list[str]) -> None:
    async with service.client(ministry()) as office:
        answer = await office.post(
            "/api/v1/zones/imports?commit=true",
            content=csv_text([zone_row(code) for code in codes]),
            headers={"content-type": "text/csv"},
        )
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("sort", ["code", "-code", "name", "created_at", "-created_at,code"])
async def test_what_is_inserted_between_two_pages_neither_repeats_nor_drops_what_was_there(
    probe: RunningService, sort: str
) -> None:
    old = [f"M-{n:02d}" for n in range(20)]
    await _import(probe, old)
    seen: list[str] = []
    url, number = f"/api/v1/zones?sort={sort}&limit=3", 0
    async with probe.client(ministry()) as office:
        while url:
            answer = await office.get(url)
            seen += [item["code"] for item in answer.json()["items"]]
            await _import(probe, [f"{letter}-{number}" for letter in "AMZ"])
            url, number = answer.links["next"]["url"] if answer.links else "", number + 1
            assert number < 60
            if set(old) <= set(seen):
                break
    assert len(seen) == len(set(seen))
    assert [code for code in seen if code in old] == sorted(old, reverse=sort == "-code") or "created" in sort
    assert set(old) <= set(seen)


@contextmanager
def counted(service: RunningService) -> Iterator[list[str]]:
    """The statements that the service executes meanwhile."""
    statements: list[str] = []

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    engine = service.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(
    "path",
    ["/api/v1/zones?limit=500", "/api/v1/zones?limit=500&count=exact", "/api/v1/zones/geojson?limit=500"],
)
async def test_the_number_of_queries_does_not_grow_with_the_rows(probe: RunningService, path: str) -> None:
    numbers = []
    for codes in (["A"], [f"B-{n}" for n in range(60)]):
        await _import(probe, codes)
        async with probe.client(ministry()) as office:
            with counted(probe) as statements:
                assert (await office.get(path)).status_code == 200
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 3


async def test_an_import_takes_as_many_statements_for_many_rows_as_for_few(probe: RunningService) -> None:
    numbers = []
    for codes in ([f"A-{n}" for n in range(3)], [f"B-{n}" for n in range(300)]):
        with counted(probe) as statements:
            await _import(probe, codes)
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]


async def test_a_limit_above_the_most_is_the_most(probe: RunningService) -> None:
    async with probe.client(ministry()) as office:
        page = (await office.get("/api/v1/zones?limit=99999999999999999999")).json()["page"]
    assert page["limit"] == 500


async def test_a_cursor_of_one_caller_shows_another_no_more_than_their_own(probe: RunningService) -> None:
    await _import(probe, ["A", "B", "C"])
    async with probe.client(ministry()) as office:
        cursor = (await office.get("/api/v1/zones?limit=1")).json()["page"]["next_cursor"]
    async with probe.client(ministry(view=ministry().view.__class__())) as blind:
        answer = await blind.get(f"/api/v1/zones?limit=1&cursor={cursor}")
    assert (answer.status_code, answer.json()["items"]) == (200, [])


async def test_a_cursor_of_another_collection_is_refused(probe: RunningService) -> None:
    await _import(probe, ["A", "B"])
    async with probe.client(ministry()) as office:
        cursor = (await office.get("/api/v1/zones?limit=1")).json()["page"]["next_cursor"]
        for path in ("/api/v1/zones/geojson", "/api/v1/divisions"):
            problem_of(await office.get(f"{path}?limit=1&cursor={cursor}"), 400, "cursor_mismatch")
