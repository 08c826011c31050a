"""Filters: what a list can be narrowed by, and how a parameter becomes a condition."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from sqlalchemy import ColumnElement, or_

from chassis.filter_values import KINDS, parse_value
from chassis.problems import InvalidParameter, Issue
from chassis.query_parameters import parameter, several
from chassis.words import Words

MAX_VALUES = 500
# What a member commonly takes; add "isnull" where it may be missing.
EXACT = ("eq", "ne", "in", "nin")
ORDERED = (*EXACT, "lt", "lte", "gt", "gte")
TEXT = (*EXACT, "contains", "prefix")


@dataclass(frozen=True)
class Filter:
    """One filterable member: its SQL expression, kind of value and operators.

    `condition` replaces expression and operators for filters with a meaning of their own (`within`); with
    `any_of` such a filter takes `[in]` as well.
    """

    expression: ColumnElement[Any] | Any = None
    kind: str = "text"
    operators: tuple[str, ...] = EXACT
    values: tuple[str, ...] = ()
    description: str = ""
    condition: Callable[[Any], ColumnElement[bool]] | None = None
    any_of: Callable[[list[Any]], ColumnElement[bool]] | None = None


def invalid(
    parameter: str, words: Words, params: Mapping[str, Any] | None = None, code: str = "invalid_value"
) -> InvalidParameter:
    return InvalidParameter(words, issues=[Issue(code, words, parameter=parameter, params=params or {})])


def require_source(request: Request, source: str) -> None:
    """400 unless `source` is empty or names this service."""
    service = request.app.state.runtime.settings.service
    if source not in {"", service}:
        raise invalid(
            "source", Words(f"此服务的 source 为 {service}", f"The source of this service is {service}")
        )


def filter_parameters(name: str, item: Filter) -> list[dict[str, Any]]:
    """The OpenAPI parameters of a filter: one for each operator."""
    found = []
    own = ("eq", "in") if item.any_of else ("eq",)
    for operator in own if item.condition else item.operators:
        shown = name if operator == "eq" else f"{name}[{operator}]"
        schema: dict[str, Any] = dict(KINDS[item.kind])
        if item.values and operator in {*EXACT}:
            schema["enum"] = list(item.values)
        if operator == "isnull":
            schema = {"type": "boolean"}
        if operator in {"in", "nin"}:
            found.append(several(shown, schema, item.description, at_most=MAX_VALUES))
        else:
            found.append(parameter(shown, schema, item.description))
    return found


def filter_of(shown: str) -> str:
    """The name of the filter that a parameter belongs to."""
    return shown.partition("[")[0]


def condition_of(shown: str, text: str, item: Filter) -> ColumnElement[bool]:
    """The condition that the parameter `shown`, `name` or `name[op]`, states; 400 if malformed."""
    operator = shown.partition("[")[2].removesuffix("]") or "eq"
    if operator == "isnull":
        if text not in {"true", "false"}:
            raise invalid(shown, Words("应为 true 或 false", "Must be true or false"))
        missing: ColumnElement[bool] = item.expression.is_(None)
        return missing if text == "true" else ~missing
    texts = text.split(",") if operator in {"in", "nin"} else [text]
    if len(texts) > MAX_VALUES:
        raise invalid(shown, Words(f"至多 {MAX_VALUES} 个值", f"At most {MAX_VALUES} values"))
    try:
        # a part of a value need not be a whole one
        allowed = item.values if operator in EXACT else ()
        values = [parse_value(item.kind, part, allowed) for part in texts]
    except ValueError as error:
        expected = ", ".join(item.values) or item.kind
        raise invalid(shown, Words(f"应为: {expected}", f"Expected: {expected}")) from error
    if item.any_of is not None and operator == "in":
        return item.any_of(values)
    if item.condition is not None:
        return item.condition(values[0])
    return _compare(item.expression, operator, values)


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
