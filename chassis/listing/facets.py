"""Facets: how many rows have each value of a member, under all filters but the member's own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, cast, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import SCOPE_OPTION
from chassis.schemas import FacetOut, FacetValue, Names
from chassis.vocabularies.reading import read_edition
from chassis.vocabularies.terms import Vocabulary
from chassis.words import Words

MAX_VALUES = 100
Labels = Callable[[AsyncSession, Sequence[str]], Awaitable[Mapping[str, Words]]]


@dataclass(frozen=True)
class Facet:
    """A member that can be counted by: its SQL expression, and what its values are called.

    `labels` is a vocabulary, or a function that asks for the labels of some values with one statement.
    The conditions of the filter of the same name do not hold for it.
    """

    expression: ColumnElement[Any] | Any
    labels: Vocabulary | Labels | None = None


async def count_facets(
    session: AsyncSession,
    statement: Select[Any],
    stated: Sequence[tuple[str, ColumnElement[bool]]],
    facets: Mapping[str, Facet],
    language: str,
) -> dict[str, FacetOut]:
    """The counts of each facet, most frequent first, then by value; one statement, and one for labels each.

    The rows are read once: with each goes whether it meets the filters of each facet.
    """
    if not facets:
        return {}
    of_facets = {
        name: and_(true(), *(condition for of, condition in stated if of == name)) for name in facets
    }
    shared = [condition for of, condition in stated if of not in facets]
    rows = (
        statement.where(*shared)
        .with_only_columns(
            *(cast(facet.expression, String).label(f"value_{i}") for i, facet in enumerate(facets.values())),
            *(condition.label(f"kept_{i}") for i, condition in enumerate(of_facets.values())),
            maintain_column_froms=True,
        )
        .order_by(None)
        .cte("found")
    )
    counted = union_all(*(_counts(rows, number, len(facets)) for number in range(len(facets))))
    found = await session.execute(counted, execution_options={SCOPE_OPTION: "counted"})
    values: dict[int, list[tuple[str | None, int]]] = {}
    for number, value, count in found:
        values.setdefault(number, []).append((value, count))
    return {
        name: await _shown(session, facet, values.get(number, []), language)
        for number, (name, facet) in enumerate(facets.items())
    }


def _counts(rows: Any, number: int, facets: int) -> Select[Any]:
    others = [rows.c[f"kept_{other}"] for other in range(facets) if other != number]
    value = rows.c[f"value_{number}"]
    return select(literal(number).label("facet"), value, func.count()).where(*others).group_by(value)


async def _shown(
    session: AsyncSession, facet: Facet, counts: list[tuple[str | None, int]], language: str
) -> FacetOut:
    missing = sum(count for value, count in counts if value is None)
    ordered = sorted(
        ((value, count) for value, count in counts if value is not None), key=lambda item: (-item[1], item[0])
    )
    shown = ordered[:MAX_VALUES]
    labels = await _labels(session, facet, [value for value, _ in shown])
    return FacetOut(
        values=[
            *(
                FacetValue(value=value, count=count, **_named(labels, value, language))
                for value, count in shown
            ),
            *([FacetValue(value=None, count=missing)] if missing else []),
        ],
        other=sum(count for _, count in ordered[MAX_VALUES:]),
    )


def _named(labels: Mapping[str, Words], value: str, language: str) -> dict[str, Any]:
    words = labels.get(value)
    if words is None:
        return {}
    return {"label": words.pick(language), "labels": Names(zh=words.zh, en=words.en)}


async def _labels(session: AsyncSession, facet: Facet, values: Iterable[str]) -> Mapping[str, Words]:
    wanted = list(values)
    if facet.labels is None or not wanted:
        return {}
    if isinstance(facet.labels, Vocabulary):
        edition = await read_edition(session, facet.labels)
        return {term.code: term.label for term in edition.terms}
    return await facet.labels(session, wanted)
