"""Fast reads: one object by its reference, and a page of a list without filters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec
from sqlalchemy import ColumnElement, Integer, Select, bindparam, tuple_

from chassis.etag import etag, is_named
from chassis.fast.pool import ReadPool
from chassis.fast.shape import Shape
from chassis.fast.statement import PerScope
from chassis.identity.principal import Principal
from chassis.ids import Reference
from chassis.listing import DEFAULT_LIMIT, MAX_LIMIT, Listing
from chassis.routing import PRIVATE, VARY
from chassis.runtime import Runtime

Visible = Callable[[Principal], Select[Any]]
Header = tuple[bytes, bytes]
_QUERY = re.compile(rb"(?:limit=([0-9]{1,9}))?(?:(?:^|(?<=[0-9])&)cursor=([A-Za-z0-9_-]{1,2000}))?")
_KEPT = [(b"cache-control", PRIVATE.encode()), (b"vary", VARY.encode())]
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Call:
    """A request as far as fast reads look at it; `path` is decoded, `seconds` are left."""

    runtime: Runtime
    pool: ReadPool
    principal: Principal
    path: str
    query: bytes
    language: str
    if_none_match: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[Header]
    body: bytes


class FastOne:
    """An object by id or code."""

    def __init__(self, shape: Shape, visible: Visible, keys: Mapping[str, ColumnElement[Any] | Any]) -> None:
        """`keys` holds the columns `id` and, where there is one, `code`."""
        self._shape = shape
        self._version = shape.names.index("version")
        self._by = {
            name: PerScope(lambda principal, key=key: self._statement(visible(principal), key))  # type: ignore[misc]  # bound now
            for name, key in keys.items()
        }

    def _statement(self, visible: Select[Any], key: Any) -> Select[Any]:
        statement = visible.where(key == bindparam("reference", type_=key.type))
        return statement.with_only_columns(*self._shape.columns, maintain_column_froms=True)

    def query(self, principal: Principal, kind: str, value: Any) -> tuple[str, list[Any]]:
        """SQL and arguments by `id` or `code`."""
        compiled = self._by[kind].of(principal)
        return compiled.sql, compiled.arguments(principal.view, {"reference": value})

    async def answer(self, call: Call, name: str) -> Answer | None:
        """None when there is no such object, or it is asked for in a way that is not known here."""
        if call.query:
            return None
        try:
            reference = Reference.parse(name)
        except ValueError:
            return None
        kind, value = ("id", reference.id) if reference.id is not None else ("code", reference.code)
        if value is None or kind not in self._by:
            return None
        rows = await call.pool.fetch(*self.query(call.principal, kind, value), call.seconds)
        if len(rows) != 1:
            return None
        body = _encode(self._shape.show(rows[0], call.language))
        tag = etag(rows[0][self._version], body)
        headers = [(b"etag", tag.encode()), *_KEPT]
        if call.if_none_match is not None and is_named(tag, call.if_none_match):
            return Answer(304, headers, b"")
        return Answer(200, [*_content(body), *headers], body)


class FastPage:
    """A page in the default order, with `limit` and `cursor` and nothing else."""

    def __init__(self, shape: Shape, visible: Visible, listing: Listing) -> None:
        self._shape, self._visible = shape, visible
        self._sort = listing.default_keys()
        if len({down for _, down, _ in self._sort}) != 1:
            raise TypeError("a fast page is sorted one way")
        self._binding = listing.plain_binding
        self._types = [kind for _, _, kind in self._sort]
        self._first = PerScope(lambda principal: self._statement(principal, following=False))
        self._following = PerScope(lambda principal: self._statement(principal, following=True))

    def _statement(self, principal: Principal, *, following: bool) -> Select[Any]:
        keys = [key for key, _, _ in self._sort]
        down = self._sort[0][1]
        statement = self._visible(principal).with_only_columns(
            *self._shape.columns, *keys, maintain_column_froms=True
        )
        if following:
            held = tuple_(*(bindparam(f"key_{i}", type_=key.type) for i, key in enumerate(keys)))
            statement = statement.where(tuple_(*keys) < held if down else tuple_(*keys) > held)
        order = [key.desc() if down else key.asc() for key in keys]
        return statement.order_by(*order).limit(bindparam("limit_", type_=Integer()))

    def query(
        self, principal: Principal, limit: int, held: Sequence[Any] | None = None
    ) -> tuple[str, list[Any]]:
        """SQL and arguments; one row more than `limit`, behind the sort keys `held`."""
        compiled = (self._first if held is None else self._following).of(principal)
        given = {f"key_{i}": value for i, value in enumerate(held or ())}
        return compiled.sql, compiled.arguments(principal.view, {**given, "limit_": limit + 1})

    async def answer(self, call: Call) -> Answer | None:
        """None when something else is asked; raises CursorMismatch for a cursor of another list."""
        asked = _QUERY.fullmatch(call.query)
        if asked is None:
            return None
        limit = min(int(asked[1]), MAX_LIMIT) if asked[1] else DEFAULT_LIMIT
        if limit < 1:
            return None
        cursors, binding = call.runtime.cursors, self._binding(call.path)
        held = cursors.read(binding, asked[2].decode(), self._types) if asked[2] else None
        rows = await call.pool.fetch(*self.query(call.principal, limit, held), call.seconds)
        show, language = self._shape.show, call.language
        cursor, headers = None, []
        if len(rows) > limit:
            del rows[limit:]
            cursor = cursors.make(binding, list(rows[-1])[len(self._shape.names) :])
            stated = [("limit", asked[1].decode())] if asked[1] else []
            following = urlencode([*stated, ("cursor", cursor)])
            headers.append((b"link", f'<{call.path}?{following}>; rel="next"'.encode()))
        page = {
            "limit": limit,
            "next_cursor": cursor,
            "has_more": cursor is not None,
            "total": None,
            "total_kind": "none",
        }
        body = _encode({"items": [show(row, language) for row in rows], "page": page})
        return Answer(200, [*_content(body), *_KEPT, *headers], body)


def _content(body: bytes) -> list[Header]:
    return [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
