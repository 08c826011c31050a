"""Any list of zones is what a plain model says: filters, text, facets, counts, order and pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.search.folding import fold, fold_sounds
from chassis.search.pinyin import name_key, runs
from services.registry.app import SERVICE
from tests.chassis.answers import shared_database
from tests.chassis.conftest import import_divisions
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone_row
from tests.service_app import KeyRing, RunningService, csv_text, ministry, running

pytestmark = pytest.mark.anyio

_PLACES = ["洪洞县", "盐城市", "西安市", "吕梁市", "单县", "盐田区", "LED灯园", "A1区"]
_THEMES = ["", "低碳循环", "盐湖 保护", "100% green"]
_TIERS, _KINDS, _YEARS = ["national", "provincial", ""], ["county", ""], ["", "1999", "2008", "2013"]
_DIVISIONS = ["420102", "420100", "430181"]
# few values, so that ties, missing ones and empty answers are the rule
ZONES: list[dict[str, Any]] = [
    zone_row(
        f"M-{n * 7 % 60:02d}",
        _DIVISIONS[n % 3],
        name_zh=_PLACES[n % 8] + ("实验区" if n % 5 else ""),
        name_en=["", "Salt City", "Xi'an"][n % 4 % 3],
        theme=_THEMES[n // 3 % 4],
        tier=_TIERS[n // 2 % 3],
        kind=_KINDS[n // 7 % 2],
        approved_year=_YEARS[n // 5 % 4],
    )
    for n in range(60)
]
Row = dict[str, Any]
Test = Callable[[Row], bool]


def _value(row: Row, member: str) -> str | None:
    if member == "province":
        return str(row["division_code"])[:2] + "0000"
    return row[member] or None


def _stated(member: str, operator: str, value: str) -> Test:
    """A filter as the API's documentation says it."""
    listed = value.split(",")

    def test(row: Row) -> bool:
        held = _value(row, member)
        if operator == "isnull":
            return (held is None) == (value == "true")
        if operator in {"ne", "nin"}:
            return held not in listed
        if held is None:
            return False
        return {
            "eq": held == value,
            "in": held in listed,
            "lt": held < value,
            "lte": held <= value,
            "gt": held > value,
            "gte": held >= value,
            "contains": value in held,
            "prefix": held.startswith(value),
        }[operator]

    return test


def _texts(row: Row) -> list[str]:
    return [fold(row[name]) for name in ("code", "name_zh", "name_en", "theme") if row[name]]


def _is_found(row: Row, q: str) -> bool:
    """Every word in a text; or of letters, spoken from the beginning of a syllable, or initials in a row."""
    spoken = [run for name in ("name_zh", "name_en") for run in runs(fold(row[name]))]
    for word, sound in zip(fold(q).split(), fold_sounds(q).split(), strict=True):
        ways = [word in text for text in _texts(row)]
        if sound.isascii() and sound.isalpha():
            for run in spoken:
                for said in (run, [syllable.replace("v", "u") for syllable in run]):
                    ways += ["".join(said[place:]).startswith(sound) for place in range(len(said))]
                ways.append(len(sound) > 1 and sound in "".join(syllable[0] for syllable in run))
        if not any(ways):
            return False
    return True


_WORDS = (
    "盐 盐城 城市实 实验区 低碳 1区 无此 hongtong hong xian yc ycs lv lüliang luliang salt m-0 0% led x '"
)
_words = st.sampled_from([*_WORDS.split(), "alt c", "盐湖 保护", "城 salt"])
_filters = st.one_of(
    st.tuples(st.sampled_from(["tier"]), st.sampled_from(["eq", "ne"]), st.sampled_from(_TIERS[:2])),
    st.tuples(st.just("tier"), st.sampled_from(["in", "nin"]), st.just("national,provincial")),
    st.tuples(st.sampled_from(["tier", "kind", "theme", "approved_year"]), st.just("isnull"),
              st.sampled_from(["true", "false"])),
    st.tuples(st.just("province"), st.sampled_from(["eq", "ne"]), st.sampled_from(["420000", "430000"])),
    st.tuples(st.just("approved_year"), st.sampled_from(["eq", "ne", "lt", "lte", "gt", "gte"]),
              st.sampled_from(["1999", "2008", "2010"])),
    st.tuples(st.just("approved_year"), st.sampled_from(["in", "nin"]), st.just("1999,2013")),
    st.tuples(st.just("theme"), st.sampled_from(["contains", "prefix", "eq", "ne"]),
              st.sampled_from(["低碳", "100%", "低碳循环"])),
    st.tuples(st.just("code"), st.just("prefix"), st.sampled_from(["M-1", "M-_", "m"])),
)  # fmt: skip
_FACETS = ["tier", "kind", "theme", "approved_year", "province"]
_KEYS: dict[str, Callable[[Row], Any]] = {
    "code": lambda row: row["code"],
    "name": lambda row: name_key(fold(row["name_zh"])).encode(),
}


@pytest.fixture(scope="module")
async def listed(
    service_databases: ServiceDatabases, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningService]:
    """A registry with `ZONES`, for all examples."""
    folder: Path = tmp_path_factory.mktemp("model")
    async with running(SERVICE, service_databases, KeyRing.make(folder / "keys")) as service:
        await import_divisions(service)
        async with service.client(ministry()) as office:
            answer = await office.post(
                "/api/v1/zones/imports?commit=true",
                content=csv_text(ZONES),
                headers={"content-type": "text/csv"},
            )
        assert answer.json()["counts"]["created"] == len(ZONES), answer.text
        yield service


@shared_database
@given(
    filters=st.lists(_filters, max_size=3, unique_by=lambda item: item[:2]),
    q=st.none() | _words,
    sort=st.sampled_from(["code", "-code", "name,code", "-name,code", "name,-code"]),
    facets=st.lists(st.sampled_from(_FACETS), max_size=3, unique=True),
    limit=st.integers(1, 70),
)
async def test_a_list_is_what_the_model_says(
    listed: RunningService,
    filters: list[tuple[str, str, str]],
    q: str | None,
    sort: str,
    facets: list[str],
    limit: int,
) -> None:
    asked = {name if operator == "eq" else f"{name}[{operator}]": value for name, operator, value in filters}
    asked |= {"sort": sort, "count": "exact"} | ({"q": q} if q else {})
    tests = [(name, _stated(name, operator, value)) for name, operator, value in filters]
    sought = [row for row in ZONES if q is None or _is_found(row, q)]
    expected = [row for row in sought if all(test(row) for _, test in tests)]
    for key in reversed(sort.split(",")):
        expected.sort(key=_KEYS[key.removeprefix("-")], reverse=key.startswith("-"))

    seen, cursor = [], ""
    async with listed.client(ministry()) as office:
        first = await office.get(
            "/api/v1/zones",
            params=asked | {"limit": "500"} | ({"facets": ",".join(facets)} if facets else {}),
        )
        assert first.status_code == 200, first.text
        while True:
            more = {"limit": str(limit)} | ({"cursor": cursor} if cursor else {})
            page = (await office.get("/api/v1/zones", params=asked | more)).json()
            seen += [item["code"] for item in page["items"]]
            assert (page["page"]["total"], page["page"]["total_kind"]) == (len(expected), "exact")
            cursor = page["page"]["next_cursor"]
            if cursor is None:
                break
    assert seen == [row["code"] for row in expected]
    assert [item["code"] for item in first.json()["items"]] == seen
    for facet in facets:
        others = [row for row in sought if all(test(row) for name, test in tests if name != facet)]
        counts = Counter(_value(row, facet) for row in others)
        shown = first.json()["facets"][facet]
        assert {item["value"]: item["count"] for item in shown["values"]} == counts
        assert shown["other"] == 0
