"""One page of a list, with what else was asked of it."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, and_, literal, or_, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.language import caller_language
from chassis.listing.counts import counted, estimated, is_limited
from chassis.listing.facets import count_facets
from chassis.listing.query import ListQuery
from chassis.schemas import PageInfo


async def fetch_page(
    session: AsyncSession, statement: Select[Any], query: ListQuery
) -> tuple[list[Row[Any]], PageInfo]:
    """Rows of one page of `statement` (limited to the caller's scope already), and the page's members.

    One query; one more for a count, one for facets and one for the labels of each, however many rows.
    """
    filtered = statement.where(*query.conditions)
    keys = [expression for expression, _, _ in query.sort]
    page = filtered.add_columns(*(key.label(f"sort_key_{i}") for i, key in enumerate(keys)))
    if query.position is not None:
        page = page.where(_after(query))
    order = [key.desc() if down else key.asc() for key, down, _ in query.sort]
    rows = list((await session.execute(page.order_by(*order).limit(query.limit + 1))).all())
    has_more = len(rows) > query.limit
    rows = rows[: query.limit]
    cursor = None
    if has_more:
        cursor = query.request.app.state.runtime.cursors.make(query.binding, list(rows[-1])[-len(keys) :])
        following = query.request.url.include_query_params(cursor=cursor)
        query.request.state.link = f'<{following.path}?{following.query}>; rel="next"'
    whole = len(rows) if query.position is None and not has_more else None
    total, kind = await _total(session, filtered, query, whole)
    info = PageInfo(limit=query.limit, next_cursor=cursor, has_more=has_more, total=total, total_kind=kind)
    if query.facets:
        language = caller_language(query.request)
        facets = await count_facets(session, statement, query.stated, query.facets, language)
        info.carry_facets(facets)
    return rows, info


async def _total(
    session: AsyncSession, filtered: Select[Any], query: ListQuery, whole: int | None
) -> tuple[int | None, Literal["none", "estimate", "exact"]]:
    """What is asked for; a list that fits on its first page is counted for nothing."""
    if query.count == "none":
        return None, "none"
    if whole is not None:
        return whole, "exact"
    ids = filtered.with_only_columns(query.id_column, maintain_column_froms=True).order_by(None)
    if query.count == "estimate" and not is_limited(ids):
        return await estimated(session, ids), "estimate"
    return await counted(session, ids), "exact"


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
