"""Paths and query strings that nobody means well with."""

from __future__ import annotations

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registry.zones.queries import ZONES
from tests.chassis.answers import problem_of, raw_request, refused_or_done, shared_database
from tests.service_app import RunningService, ministry

pytestmark = pytest.mark.anyio
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
REFS = [
    "%00",
    "%ff",
    "code:%00",
    "code:",
    "code:%ff%fe",
    "ext:",
    "ext:a",
    "ext::b",
    "ext:a:",
    "ext:%00:%00",
    "x" * 10_000,
    "code:" + "x" * 10_000,
    "%F0%9F%98%80",
    "code:%F0%9F%98%80",
    "%2e%2e",
    "..%2f..%2fetc",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    "{00000000-0000-0000-0000-000000000000}",
    "%EF%BC%90" * 32,
    "'; DROP TABLE zone; --",
]


@pytest.mark.parametrize("ref", REFS, ids=lambda ref: ref[:20])
async def test_a_ref_that_names_nothing_is_not_found(shared_probe: RunningService, ref: str) -> None:
    async with shared_probe.client(ministry()) as office:
        for answer in (
            await office.get(f"/api/v1/zones/{ref}"),
            await office.patch(f"/api/v1/zones/{ref}", json={}, headers={"if-match": '"1"'}),
            await office.delete(f"/api/v1/zones/{ref}", headers={"if-match": '"1"'}),
            await office.get(f"/api/v1/divisions/{ref}"),
        ):
            problem_of(answer, 404)


@shared_database
@given(
    ref=any_text.filter(lambda text: text not in {".", ".."}),
    kind=st.sampled_from(["", "code:", "ext:", "ext:a:"]),
)
async def test_no_ref_brings_a_read_down(shared_probe: RunningService, ref: str, kind: str) -> None:
    async with shared_probe.client(ministry()) as office:
        refused_or_done(await office.get(f"/api/v1/zones/{kind}{quote(ref, safe='')}"))


@shared_database
@given(
    name=st.sampled_from([*sorted(ZONES.names()), "unknown"]) | any_text,
    value=any_text | st.from_regex(r"[-0-9,.:eE]{0,30}", fullmatch=True),
)
async def test_no_query_string_brings_a_list_down(
    shared_probe: RunningService, name: str, value: str
) -> None:
    async with shared_probe.client(ministry()) as office:
        refused_or_done(await office.get(f"/api/v1/zones?{urlencode({name: value})}"))
        refused_or_done(await office.get(f"/api/v1/zones/geojson?{urlencode({name: value})}"))


@shared_database
@given(query=st.binary(max_size=60))
async def test_no_bytes_in_the_query_bring_a_list_down(shared_probe: RunningService, query: bytes) -> None:
    headers = {"authorization": f"Bearer {shared_probe.token(ministry())}"}
    answer = await raw_request(shared_probe.app, "GET", "/api/v1/zones", query=query, headers=headers)
    assert answer.status in {200, 400}


@shared_database
@given(
    after=any_text | st.integers(-5, 10**20).map(str),
    wait=st.sampled_from(["0", "nan", "inf", "-1", "1e400", "-0.0"]),
    others=st.dictionaries(st.sampled_from(["types", "epoch", "source", "limit"]), any_text),
)
async def test_no_query_string_brings_the_feed_down(
    shared_probe: RunningService, after: str, wait: str, others: dict[str, str]
) -> None:
    query = urlencode({"after": after, "wait": wait, **others})
    async with shared_probe.client(ministry()) as office:
        refused_or_done(await office.get(f"/api/v1/changes?{query}"))


@pytest.mark.parametrize(
    "query",
    [
        "types=%00",
        "types=zone,%01",
        "wait=nan",
        "limit=1.5",
        f"limit={'9' * 5000}",
        "after=-1",
        "after=9999999999999999999",
        "source=%00",
    ],
)
async def test_a_bad_parameter_of_the_feed_is_400(shared_probe: RunningService, query: str) -> None:
    async with shared_probe.client(ministry()) as office:
        problem_of(await office.get(f"/api/v1/changes?{query}"), 400, "invalid_parameter")


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("code[in]=" + "," * 40_000, "code[in]"),
        ("sort=" + ",".join(["code"] * 1000), "sort"),
        ("approved_year=0000000000000002013", "approved_year"),
        ("approved_year=2_013", "approved_year"),
        ("approved_year=%D9%A2%D9%A0%D9%A1%D9%A3", "approved_year"),
        ("approved_year[gt]=2147483648", "approved_year[gt]"),
        ("code=" + "x" * 1001, "code"),
        ("bbox=nan,0,1,1", "bbox"),
        ("bbox=1e400,0,1,1", "bbox"),
        ("id=%00", "id"),
    ],
    ids=lambda text: text[:24],
)
async def test_a_bad_value_of_a_filter_is_400(
    shared_probe: RunningService, query: str, parameter: str
) -> None:
    async with shared_probe.client(ministry()) as office:
        problem = problem_of(await office.get(f"/api/v1/zones?{query}"), 400, "invalid_parameter")
    assert problem["errors"][0]["parameter"] == parameter
