"""A zone and a page of zones: fast and ordinary answers are the same."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.identity.principal import Scope
from services.registry.app import SERVICE
from tests.fast_reads import SideBySide, side_by_side
from tests.postgres import ServiceDatabases
from tests.registry.builders import zone
from tests.service_app import NOBODY, RunningService, ministry, province

pytestmark = pytest.mark.anyio
HUBEI, HUNAN = province("420000"), province("430000")


@pytest.fixture
async def pair(
    registry: RunningService, service_databases: ServiceDatabases
) -> AsyncIterator[tuple[SideBySide, list[str]]]:
    """Zones with and without all that may be absent, in two provinces; and their ids."""
    awkward = '引号"、反斜线\\、制表\t换行\n、</script>、€、𠮷、é'
    bodies = [
        zone("Z-1", theme=awkward, note=awkward, point={"longitude": "114.30", "latitude": "30.6000000"}),
        zone(
            "Z-2", external_ids=[{"system": s, "value": v} for s, v in (("b", "2"), ("a", "1"), ("b", "1"))]
        ),
        zone("Z-3", "430181", names={"zh-Hans": "浏阳", "en": None}, tier=None, kind=None),
        zone("Z-4", "430181", point={"longitude": "-0.0000001", "latitude": "0"}, approved_year=1999),
        zone("Z-5", "420100", names={"zh-Hans": "武汉", "en": 'Wuhan "city"'}, programme="sdz"),
    ]
    ids = []
    async with registry.client(ministry()) as office:
        for body in bodies:
            made = await office.post("/api/v1/zones", json=body)
            assert made.status_code == 201, made.text
            ids.append(made.json()["id"])
        gone = await office.post("/api/v1/zones", json=zone("Z-6"))
        deleted = await office.delete(
            f"/api/v1/zones/{gone.json()['id']}", headers={"if-match": gone.headers["etag"]}
        )
        assert deleted.status_code == 204
        ids.append(gone.json()["id"])
    async with side_by_side(SERVICE, registry, service_databases) as both:
        yield both, ids


async def test_every_zone_is_answered_alike_and_fast(pair: tuple[SideBySide, list[str]]) -> None:
    both, ids = pair
    for language in ("zh-CN", "en;q=0.9, zh;q=0.1", "fr"):
        for ref in (
            *ids[:5],
            *(f"code:Z-{n}" for n in range(1, 6)),
            "code:Ｚ-1",
            "code%3AZ-2",
            ids[0].upper(),
        ):
            answer, fast = await both.get(ministry(), f"/api/v1/zones/{ref}", {"accept-language": language})
            assert (answer.status_code, fast) == (200, True)


async def test_a_zone_that_is_known_already_is_304_fast(pair: tuple[SideBySide, list[str]]) -> None:
    both, ids = pair
    path = f"/api/v1/zones/{ids[0]}"
    tag = (await both.get(HUBEI, path))[0].headers["etag"]
    for given_tags, status in ((tag, 304), (f'"0.x", W/{tag}', 304), ("*", 304), ('"1.0"', 200), ("", 200)):
        answer, fast = await both.get(HUBEI, path, {"if-none-match": given_tags})
        assert (answer.status_code, fast) == (status, True)
    answer, fast = await both.get(HUBEI, path, method="HEAD")
    assert (answer.status_code, answer.content, fast) == (200, b"", True)
    assert answer.headers["etag"] == tag


async def test_pages_are_answered_alike_and_fast(pair: tuple[SideBySide, list[str]]) -> None:
    both, _ = pair
    for who, seen in ((ministry(), 5), (HUBEI, 3), (HUNAN, 2), (province("430181"), 2), (province("1"), 0)):
        for query in ("", "?limit=50", "?limit=2", "?limit=007", "?limit=999999999"):
            answer, fast = await both.get(who, f"/api/v1/zones{query}")
            assert (answer.status_code, fast) == (200, True)
            items = len(answer.json()["items"])
            while following := answer.links.get("next"):
                answer, fast = await both.get(who, following["url"])
                assert (answer.status_code, fast) == (200, True)
                items += len(answer.json()["items"])
            assert items == seen


async def test_a_scope_of_single_zones_is_kept(pair: tuple[SideBySide, list[str]]) -> None:
    both, ids = pair
    view = Scope(zones=frozenset({ids[2], ids[5]}))
    for who, seen in (
        (ministry(view=view), {"Z-3"}),
        (
            ministry(view=Scope(divisions=frozenset({"420102"}), zones=view.zones)),
            {"Z-1", "Z-2", "Z-3"},
        ),
        (ministry(view=NOBODY.view), set()),
    ):
        answer, fast = await both.get(who, "/api/v1/zones")
        assert (answer.status_code, fast) == (200, True)
        assert {item["code"] for item in answer.json()["items"]} == seen
        answer, fast = await both.get(who, f"/api/v1/zones/{ids[2]}")
        assert (answer.status_code, fast) == ((200, True) if seen else (404, False))


async def test_what_is_refused_is_refused_as_always(pair: tuple[SideBySide, list[str]]) -> None:
    both, ids = pair
    statuses = []
    for who, path, headers in (
        (None, f"/api/v1/zones/{ids[0]}", {}),
        (None, "/api/v1/zones", {"authorization": "Bearer nonsense"}),
        (None, "/api/v1/zones", {"authorization": f"Basic {both.fast.token(HUBEI)}"}),
        (NOBODY, "/api/v1/zones", {}),
        (HUNAN, f"/api/v1/zones/{ids[0]}", {}),
        (ministry(), f"/api/v1/zones/{ids[5]}", {}),
        (ministry(), "/api/v1/zones/code:none", {}),
        (ministry(), "/api/v1/zones/not-an-id", {}),
        (ministry(), f"/api/v1/zones/{ids[0]}?limt=1", {}),
        (ministry(), "/api/v1/zones?limt=1", {}),
        (ministry(), "/api/v1/zones?limit=0", {}),
        (ministry(), "/api/v1/zones?cursor=AAAA", {}),
        (ministry(), "/api/v1/zones?limit=1&limit=1", {}),
    ):
        answer, _ = await both.get(who, path, headers)
        statuses.append(answer.status_code)
    assert statuses == [401, 401, 401, 403, 404, 404, 404, 404, 400, 400, 400, 400, 400]


async def test_what_is_not_known_here_goes_the_ordinary_way(pair: tuple[SideBySide, list[str]]) -> None:
    both, _ = pair
    for path in (
        "/api/v1/zones?tier=national",
        "/api/v1/zones?sort=-code",
        "/api/v1/zones?count=exact",
        "/api/v1/zones/ext:a:1",
        "/api/v1/zones/geojson",
    ):
        answer, fast = await both.get(ministry(), path)
        assert (answer.status_code, fast) == (200, False)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    query=st.text("limitcursor=&?0123456789-_%abZ", max_size=24)
    | st.from_regex(
        r"(limit|cursor|sort|count)=[0-9a-z]{0,4}(&(limit|cursor)=[0-9A-Z]{0,3})?", fullmatch=True
    ),
)
async def test_no_query_tells_the_two_apart(pair: tuple[SideBySide, list[str]], query: str) -> None:
    both, _ = pair
    await both.get(HUBEI, f"/api/v1/zones?{query}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ref=st.text(min_size=1, max_size=12) | st.text("Z-1code:ext %/.", max_size=9).map("code:".__add__))
async def test_no_reference_tells_the_two_apart(pair: tuple[SideBySide, list[str]], ref: str) -> None:
    both, _ = pair
    await both.get(HUBEI, f"/api/v1/zones/{httpx_path(ref)}")


def httpx_path(ref: str) -> str:
    """Escaped, so that it stays one segment."""
    return "".join(f"%{byte:02X}" for byte in ref.encode("utf-8", "replace"))


async def test_without_its_pool_the_ordinary_way_answers(pair: tuple[SideBySide, list[str]]) -> None:
    """Given connections that were lost, nobody notices."""
    both, ids = pair
    await both.get(HUBEI, f"/api/v1/zones/{ids[0]}")
    for connection in both.fast.runtime.reads._idle:
        connection.terminate()
    answer, _ = await both.get(HUBEI, f"/api/v1/zones/{ids[0]}")
    assert answer.status_code == 200
