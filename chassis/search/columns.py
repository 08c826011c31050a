"""Models that can be found: the stored columns, and the one place that fills them.

A model names by what it is found (`found_by`); whoever writes it, through the ORM or through
`chassis.upserting.upsert`, need not think of it. The columns are NOT NULL without a default, so that an
insert past both fails, and an update past both is refused here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String, event, func, inspect, type_coerce
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import Mapped, ORMExecuteState, declared_attr, deferred, mapped_column
from sqlalchemy.schema import Index
from sqlalchemy.types import TypeDecorator

from chassis.database import ScopedSession
from chassis.search.terms import Found, found_by

DERIVED = ("search_terms", "search_text", "search_sounds", "name_key")


class Terms(TypeDecorator[list[str]]):
    """A `tsvector` that is written as the list of its terms."""

    impl = TSVECTOR
    cache_ok = True

    def bind_expression(self, bindvalue: Any) -> ColumnElement[Any]:
        return func.array_to_tsvector(type_coerce(bindvalue, ARRAY(String)))

    def process_bind_param(self, value: list[str] | None, dialect: Dialect) -> Any:
        return value


@dataclass(frozen=True)
class FoundBy:
    """Columns by which a row is found; `names` may hold texts or `{"zh-Hans": …, "en": …}`.

    The first name, in Chinese, is what `sort=name` goes by.
    """

    names: tuple[str, ...]
    codes: tuple[str, ...] = ("code",)
    texts: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.codes, *self.names, *self.texts)


class Searchable:
    """Mixin of a model that `q` and `sort=name` find."""

    found_by: ClassVar[FoundBy]

    @declared_attr
    def search_terms(cls) -> Mapped[list[str]]:  # noqa: N805  # as SQLAlchemy calls it
        return deferred(mapped_column(Terms, nullable=False), raiseload=True)

    @declared_attr
    def search_text(cls) -> Mapped[str]:  # noqa: N805
        return deferred(mapped_column(String, nullable=False), raiseload=True)

    @declared_attr
    def search_sounds(cls) -> Mapped[str]:  # noqa: N805
        return deferred(mapped_column(String, nullable=False), raiseload=True)

    @declared_attr
    def name_key(cls) -> Mapped[str]:  # noqa: N805
        # bytes, whatever the database's own collation is
        return deferred(mapped_column(String(collation="C"), nullable=False), raiseload=True)


def search_indexes(table: str) -> tuple[Index, Index]:
    """For a searchable model's `__table_args__`: one for `q`, one for `sort=name`."""
    return (
        Index(f"ix_{table}_search_terms", "search_terms", postgresql_using="gin"),
        Index(f"ix_{table}_name_key", "name_key", "id"),
    )


def derive(found: FoundBy, values: Mapping[str, Any]) -> Found:
    """What is stored of a row with these values of its columns."""
    names = [text for column in found.names for text in _texts(values[column])]
    return found_by(
        name=names[0] if names else "",
        codes=[text for column in found.codes for text in _texts(values[column])],
        names=names,
        texts=[text for column in found.texts for text in _texts(values[column])],
    )


def derived_columns(model: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The stored columns of a row of `model`; empty for a model that is not searchable."""
    if not issubclass(model, Searchable):
        return {}
    return vars(derive(model.found_by, values))


def _texts(value: object) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        order = ("zh-Hans", *sorted(set(value) - {"zh-Hans"}))
        yield from (value[language] for language in order if value.get(language))


@event.listens_for(Searchable, "before_insert", propagate=True)
def _fill(_mapper: object, _connection: object, row: Any) -> None:
    values = {name: getattr(row, name) for name in row.found_by.columns}
    for name, value in derived_columns(type(row), values).items():
        setattr(row, name, value)


@event.listens_for(Searchable, "before_update", propagate=True)
def _renew(mapper: object, connection: object, row: Any) -> None:
    attributes = inspect(row).attrs
    if any(attributes[name].history.has_changes() for name in row.found_by.columns):
        _fill(mapper, connection, row)


class PastTheIndex(RuntimeError):
    """An UPDATE statement changes what a row is found by and not how it is found."""


@event.listens_for(ScopedSession, "do_orm_execute")
def _refuse_past(state: ORMExecuteState) -> None:
    if not state.is_update or state.bind_mapper is None:
        return
    model = state.bind_mapper.class_
    if not issubclass(model, Searchable):
        return
    changed = {getattr(name, "key", name) for name in state.statement._values or ()}  # type: ignore[attr-defined]  # of an UPDATE
    if changed & set(model.found_by.columns) and not changed >= set(DERIVED):
        raise PastTheIndex(f"{model.__name__}: write rows through the ORM or upsert()")
