"""What a caller asks of a list, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from fastapi import Request
from sqlalchemy import ColumnElement

from chassis.listing.facets import Facet

Count = Literal["none", "estimate", "exact"]


@dataclass(frozen=True)
class ListQuery:
    """`stated` are the conditions with the names of their filters; `sort` ends with the id."""

    request: Request
    stated: Sequence[tuple[str, ColumnElement[bool]]]
    sort: Sequence[tuple[ColumnElement[Any], bool, type]]
    limit: int
    count: Count
    position: Sequence[Any] | None
    facets: Mapping[str, Facet]
    id_column: ColumnElement[UUID] | Any
    binding: str = field(repr=False)

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        return [condition for _, condition in self.stated]
