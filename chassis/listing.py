"""Lists: declared filters, declared sorts, keyset pages (AIP-158, AIP-160, RFC 8288).

A capability declares one `Listing`; it is the dependency that reads the query string and the source of
the OpenAPI parameters. A parameter that is not declared is 400, never ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Request
from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import SCOPE_OPTION
from chassis.filter_values import KINDS, parse_value
from chassis.problems import InvalidParameter, Issue
from chassis.routing import QueryParameters
from chassis.schemas import PageInfo
from chassis.words import Words

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
MAX_VALUES, MAX_SORTS = 500, 5
OPERATORS = ("eq", "ne", "lt", "lte", "gt", "gte", "in", "nin", "contains", "prefix", "isnull")


@dataclass(frozen=True)
class Filter:
    """One filterable member: its SQL expression, kind of value and operators.

    `condition` replaces expression and operators for filters with a meaning of their own (`within`).
    """

    expression: ColumnElement[Any] | Any = None
    kind: str = "text"
    operators: tuple[str, ...] = ("eq", "ne", "in", "nin")
    values: tuple[str, ...] = ()
    description: str = ""
    condition: Callable[[Any], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class ListQuery:
    """What a caller asks of a list, checked."""

    request: Request
    conditions: Sequence[ColumnElement[bool]]
    sort: Sequence[tuple[ColumnElement[Any], bool, type]]
    limit: int
    count: bool
    position: Sequence[Any] | None
    binding: str = field(repr=False)


class Listing(QueryParameters):
    """Declaration of a list's query string.

    `sorts` maps a name to (expression that is never null, Python type); `id` breaks ties.
    """

    def __init__(
        self,
        filters: Mapping[str, Filter],
        sorts: Mapping[str, tuple[ColumnElement[Any] | Any, type]],
        default_sort: str,
        id_column: ColumnElement[UUID] | Any,
    ) -> None:
        self.filters, self.sorts, self.default_sort, self.id_column = filters, sorts, default_sort, id_column
        self.parameters = [
            _parameter(
                "limit", {"type": "integer", "minimum": 1, "default": DEFAULT_LIMIT}, f"At most {MAX_LIMIT}"
            ),
            _parameter("cursor", {"type": "string"}, "`next_cursor` of the page before"),
            _parameter(
                "count", {"type": "string", "enum": ["none", "exact"], "default": "none"}, "Fill `page.total`"
            ),
            _parameter(
                "sort",
                {"type": "string", "default": default_sort},
                f"Comma-separated, `-` for descending: {', '.join(sorts)}",
            ),
        ]
        for name, item in filters.items():
            operators = ("eq",) if item.condition else item.operators
            for operator in operators:
                shown = name if operator == "eq" else f"{name}[{operator}]"
                schema: dict[str, Any] = (
                    {"type": "boolean"} if operator == "isnull" else dict(KINDS[item.kind])
                )
                if item.values and operator in {"eq", "ne"}:
                    schema["enum"] = list(item.values)
                self.parameters.append(_parameter(shown, schema, item.description))

    async def __call__(self, request: Request) -> ListQuery:
        given = {name: _single(request, name) for name in request.query_params if name in self.names()}
        sort = self._sort(given.get("sort", self.default_sort))
        limit = _limit(given.get("limit"))
        count = given.get("count", "none")
        if count not in {"none", "exact"}:
            raise invalid("count", Words("应为 none 或 exact", "Must be none or exact"))
        bound = sorted((k, v) for k, v in given.items() if k not in {"cursor", "limit", "count"})
        binding = f"{request.url.path}?{urlencode(bound)}"
        types = [kind for _, _, kind in sort]
        cursor = given.get("cursor")
        position = (
            request.app.state.runtime.cursors.read(binding, cursor, types) if cursor is not None else None
        )
        conditions = [
            self._condition(name, text)
            for name, text in given.items()
            if name not in {"sort", "limit", "count", "cursor"}
        ]
        return ListQuery(request, conditions, sort, limit, count == "exact", position, binding)

    def _sort(self, text: str) -> list[tuple[ColumnElement[Any], bool, type]]:
        keys = []
        if text.count(",") >= MAX_SORTS:
            raise invalid("sort", Words(f"至多 {MAX_SORTS} 个排序键", f"At most {MAX_SORTS} sort keys"))
        for part in text.split(","):
            name = part.strip().removeprefix("-")
            if name not in self.sorts:
                known = ", ".join(self.sorts)
                raise invalid("sort", Words(f"可用: {known}", f"Known: {known}"))
            expression, kind = self.sorts[name]
            keys.append((expression, part.strip().startswith("-"), kind))
        return [*keys, (self.id_column, keys[0][1], UUID)]

    def _condition(self, shown: str, text: str) -> ColumnElement[bool]:
        name, _, rest = shown.partition("[")
        operator = rest.removesuffix("]") or "eq"
        item = self.filters[name]
        if operator == "isnull":
            if text not in {"true", "false"}:
                raise invalid(shown, Words("应为 true 或 false", "Must be true or false"))
            return item.expression.is_(None) if text == "true" else item.expression.is_not(None)
        several = text.split(",") if operator in {"in", "nin"} else [text]
        if len(several) > MAX_VALUES:
            raise invalid(shown, Words(f"至多 {MAX_VALUES} 个值", f"At most {MAX_VALUES} values"))
        try:
            values = [parse_value(item.kind, part, item.values) for part in several]
        except ValueError as error:
            expected = ", ".join(item.values) or item.kind
            raise invalid(shown, Words(f"应为: {expected}", f"Expected: {expected}")) from error
        if item.condition is not None:
            return item.condition(values[0])
        return _compare(item.expression, operator, values)


def invalid(parameter: str, words: Words) -> InvalidParameter:
    return InvalidParameter(words, issues=[Issue("invalid_value", words, parameter=parameter)])


def _compare(column: Any, operator: str, values: list[Any]) -> ColumnElement[bool]:
    value = values[0]
    built: dict[str, Callable[[], ColumnElement[bool]]] = {
        "eq": lambda: column == value,
        "ne": lambda: column.is_distinct_from(value),
        "lt": lambda: column < value,
        "lte": lambda: column <= value,
        "gt": lambda: column > value,
        "gte": lambda: column >= value,
        "in": lambda: column.in_(values),
        "nin": lambda: or_(column.is_(None), column.not_in(values)),
        "contains": lambda: column.contains(value, autoescape=True),
        "prefix": lambda: column.startswith(value, autoescape=True),
    }
    return built[operator]()


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


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


async def fetch_page(
    session: AsyncSession, statement: Select[Any], query: ListQuery
) -> tuple[list[Row[Any]], PageInfo]:
    """Rows of one page of `statement` (limited to the caller's scope already), and the page's members.

    One query, two with `count=exact`, however many rows there are.
    """
    filtered = statement.where(*query.conditions)
    keys = [expression for expression, _, _ in query.sort]
    page = filtered.add_columns(*(key.label(f"sort_key_{i}") for i, key in enumerate(keys)))
    if query.position is not None:
        page = page.where(_after(query))
    order = [key.desc() if down else key.asc() for key, down, _ in query.sort]
    rows = list((await session.execute(page.order_by(*order).limit(query.limit + 1))).all())
    total = None
    if query.count:
        counted = select(func.count()).select_from(filtered.order_by(None).subquery())
        total = await session.scalar(counted, execution_options={SCOPE_OPTION: "counted"})
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    cursor = None
    if has_more:
        cursor = query.request.app.state.runtime.cursors.make(query.binding, list(rows[-1])[-len(keys) :])
        following = query.request.url.include_query_params(cursor=cursor)
        query.request.state.link = f'<{following.path}?{following.query}>; rel="next"'
    return rows, PageInfo(
        limit=query.limit,
        next_cursor=cursor,
        has_more=has_more,
        total=total,
        total_kind="exact" if query.count else "none",
    )


def _after(query: ListQuery) -> ColumnElement[bool]:
    """Rows behind the cursor: a row comparison where all keys run one way, which an index can answer."""
    assert query.position is not None
    pairs = [
        (key, down, literal(value, key.type))
        for (key, down, _), value in zip(query.sort, query.position, strict=True)
    ]
    if len({down for _, down, _ in pairs}) == 1:
        left, right = tuple_(*(key for key, _, _ in pairs)), tuple_(*(value for _, _, value in pairs))
        return left < right if pairs[0][1] else left > right
    steps = []
    for i, (key, down, value) in enumerate(pairs):
        equal = [earlier == held for earlier, _, held in pairs[:i]]
        steps.append(and_(*equal, key < value if down else key > value))
    return or_(*steps)
