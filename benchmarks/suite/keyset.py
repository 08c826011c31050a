"""The last page of a long list beside its first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from benchmarks.benchmark import Benchmark, Case, Tables
from benchmarks.lists import Lists, open_lists
from benchmarks.world import World

ROWS = 1_000_000
_ZONES = f"""
    INSERT INTO zone (id, version, created_by, updated_by, code, name_zh, state, division_id,
                      division_edition, division_relation, division_path, search_terms, search_text,
                      search_sounds, name_key)
    SELECT gen_random_uuid(), 1, 'b', 'b', 'Z-' || lpad(n::text, 7, '0'), '实验区' || n, 'operating',
           division.id, '201904', 'same', division.path, '', '', '', md5(n::text)
    FROM division, generate_series(1, {ROWS}) AS n
"""  # noqa: S608  # a constant; made up, since the lists that are measured are not searched


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    with open_lists(world) as lists:
        lists.execute(_ZONES, "VACUUM ANALYZE zone")
        yield {f"sort={sort}": _pages(lists, sort) for sort in ("code", "name", "-name")}


def _pages(lists: Lists, sort: str) -> dict[str, Case]:
    return {
        "first page": lists.case(urlencode({"sort": sort, "limit": 50})),
        "last page": lists.case(urlencode({"sort": sort, "limit": 50, "cursor": _last(lists, sort)})),
    }


def _last(lists: Lists, sort: str) -> str:
    """The cursor of the last page, made from the list read backwards: no page before it is turned."""
    back = sort.removeprefix("-") if sort.startswith("-") else f"-{sort}"
    # the service's own cursor, bound to the other direction, holds the keys of the 51st row from the end
    page = lists.get(urlencode({"sort": back, "limit": 51})).json()["page"]
    cursors = lists.service.runtime.cursors
    types = [str, str]
    keys = cursors.read(f"/api/v1/zones?{urlencode({'sort': back})}", page["next_cursor"], types)
    return cursors.make(f"/api/v1/zones?{urlencode({'sort': sort})}", keys)


BENCHMARK = Benchmark(
    title=f"the last page of {ROWS:,} zones",
    open=_open,
    ratio="ms",
    note="Pages of 50 through the whole service, in one process. Yardstick: the first page of the same list.",
)
