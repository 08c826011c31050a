"""The declaration of a list, which reads its query string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from sqlalchemy import ColumnElement

from chassis.listing.facets import Facet
from chassis.listing.filters import Filter, condition_of, filter_of, filter_parameters, invalid
from chassis.listing.query import Count, ListQuery
from chassis.query_parameters import QueryParameters, names_among, parameter, several, unknown_name
from chassis.search.query import MAX_CHARACTERS, Sought
from chassis.words import Words

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
MAX_SORTS = 5
RELEVANCE = "relevance"
_COUNTS: tuple[Count, ...] = ("none", "estimate", "exact")
# Parameters that choose how much is shown of the same rows: a cursor stays good when they change.
_UNBOUND = frozenset({"cursor", "limit", "count", "facets"})
_MOMENT = ("as_of", "known_at")  # read by `chassis.temporal.moment`; a cursor is good for one moment
_SHAPE = frozenset({"sort", "q", *_UNBOUND})


class Listing(QueryParameters):
    """Declaration of a list's query string.

    `sorts` maps a name to (expression that is never null, Python type); `id` breaks ties. `searched` is a
    `Searchable` model: the list then takes `q` and `sort=name`, and what `q` finds comes by relevance unless
    `sort` says otherwise. `facets` are counted on demand.
    """

    def __init__(
        self,
        filters: Mapping[str, Filter],
        sorts: Mapping[str, tuple[ColumnElement[Any] | Any, type]],
        default_sort: str,
        id_column: ColumnElement[UUID] | Any,
        searched: Any = None,
        facets: Mapping[str, Facet] | None = None,
    ) -> None:
        self.filters, self.default_sort, self.id_column = filters, default_sort, id_column
        self.searched, self.facets = searched, facets or {}
        self.sorts = {**sorts, **({"name": (searched.name_key, str)} if searched else {})}
        self.parameters = self._parameters()

    def _parameters(self) -> list[dict[str, Any]]:
        names = [*self.sorts, *([RELEVANCE] if self.searched else [])]
        either = [*names, *(f"-{name}" for name in names)]
        limit = {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT}
        found = [
            parameter("limit", limit, f"At most {MAX_LIMIT}"),
            parameter("cursor", {"type": "string"}, "`next_cursor` of the page before"),
            parameter(
                "count",
                {"type": "string", "enum": list(_COUNTS), "default": "none"},
                "Fill `page.total`: counted, or as the database's planner guesses; `total_kind` says which",
            ),
            several(
                "sort",
                {"type": "string", "enum": either},
                "`-` for descending; `name` by pinyin" if "name" in names else "`-` for descending",
                at_most=MAX_SORTS,
                default=self.default_sort.split(","),
            ),
        ]
        if self.searched:
            sought = {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS}
            found.append(
                parameter("q", sought, "Words, any part of a text, pinyin or initials; all words are found")
            )
        if self.facets:
            counted = "Count the values of these, each without its own filter"
            found.append(several("facets", {"type": "string", "enum": list(self.facets)}, counted))
        for name, item in self.filters.items():
            found += filter_parameters(name, item)
        return found

    async def __call__(self, request: Request) -> ListQuery:
        given = {name: _single(request, name) for name in request.query_params if name in self.names()}
        sought = self._sought(given["q"]) if "q" in given else None
        sort = self._sort(given.get("sort") or (RELEVANCE if sought else self.default_sort), sought)
        limit = _limit(given.get("limit"))
        bound = sorted((k, v) for k, v in given.items() if k not in _UNBOUND)
        binding = _binding(request.url.path, bound, request.query_params)
        types = [kind for _, _, kind in sort]
        cursor = given.get("cursor")
        position = (
            request.app.state.runtime.cursors.read(binding, cursor, types) if cursor is not None else None
        )
        stated = [
            (filter_of(shown), condition_of(shown, text, self.filters[filter_of(shown)]))
            for shown, text in given.items()
            if shown not in _SHAPE
        ]
        if sought is not None:
            stated.append(("q", sought.condition(self.searched)))
        return ListQuery(
            request=request,
            stated=stated,
            sort=sort,
            limit=limit,
            count=_count(given.get("count", "none")),
            position=position,
            facets=self._facets(given.get("facets")),
            id_column=self.id_column,
            binding=binding,
        )

    def default_keys(self) -> list[tuple[ColumnElement[Any], bool, type]]:
        """The sort where none is asked for: (expression, descending, Python type), the id last."""
        return self._sort(self.default_sort, None)

    def plain_binding(self, path: str) -> str:
        """What the cursors of the list are bound to where nothing but `limit` and `cursor` is given."""
        return _binding(path, [], {})

    def _sought(self, text: str) -> Sought:
        try:
            return Sought(text)
        except ValueError as error:
            words = Words(
                f"应为 1–{MAX_CHARACTERS} 个字符, 至多 10 个词",
                f"Must be of 1 to {MAX_CHARACTERS} characters and at most 10 words",
            )
            raise invalid("q", words) from error

    def _facets(self, text: str | None) -> Mapping[str, Facet]:
        if text is None:
            return {}
        return {name: self.facets[name] for name in names_among("facets", text, self.facets)}

    def _sort(self, text: str, sought: Sought | None) -> list[tuple[ColumnElement[Any], bool, type]]:
        keys: list[tuple[ColumnElement[Any], bool, type]] = []
        if text.count(",") >= MAX_SORTS:
            raise invalid("sort", Words(f"至多 {MAX_SORTS} 个排序键", f"At most {MAX_SORTS} sort keys"))
        for part in text.split(","):
            name, down = part.strip().removeprefix("-"), part.strip().startswith("-")
            if name == RELEVANCE and sought is not None:
                keys.append((sought.rank(self.searched), down, int))
                if text == RELEVANCE:
                    keys += self._keys(self.default_sort)
            elif name in self.sorts:
                expression, kind = self.sorts[name]
                keys.append((expression, down, kind))
            else:
                raise unknown_name("sort", name, [*self.sorts, *([RELEVANCE] if sought else [])])
        return [*keys, (self.id_column, keys[0][1], UUID)]

    def _keys(self, text: str) -> list[tuple[ColumnElement[Any], bool, type]]:
        """Of a sort that is declared."""
        parts = [(part.removeprefix("-"), part.startswith("-")) for part in text.split(",")]
        return [(self.sorts[name][0], down, self.sorts[name][1]) for name, down in parts]


def _binding(path: str, stated: list[tuple[str, str]], given: Mapping[str, str]) -> str:
    return f"{path}?{urlencode([*stated, *((name, given.get(name, '')) for name in _MOMENT)])}"


def _count(text: str) -> Count:
    for kind in _COUNTS:
        if text == kind:
            return kind
    raise unknown_name("count", text, _COUNTS)


def _single(request: Request, name: str) -> str:
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise invalid(name, Words("参数重复", "The parameter stands twice"))
    return values[0]


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdigit() and int(text[:9]) >= 1):
        raise invalid("limit", Words("应为不小于 1 的整数", "Must be an integer of at least 1"))
    return min(int(text[:9]), MAX_LIMIT)
