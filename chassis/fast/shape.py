"""From a row of the driver to what is answered, following the answer's own model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, DateTime, Numeric, String, cast

Show = Callable[[Any, str], Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Computed:
    """A member that is no column: what is selected for it, and how (value, language) becomes the member."""

    selected: ColumnElement[Any] | Any
    show: Show


class Shape:
    """The members of `model` in its order: columns of the same name, and those of `computed`.

    A member that is added to the model and the table is answered without a word here; one that is neither a
    column nor computed raises TypeError at import.
    """

    def __init__(self, model: type[BaseModel], table: Any, computed: Mapping[str, Computed]) -> None:
        self.names = [field.serialization_alias or name for name, field in model.model_fields.items()]
        self.columns: list[ColumnElement[Any]] = []
        self._shown: list[tuple[str, Show]] = []
        for name, alias in zip(model.model_fields, self.names, strict=True):
            show: Show | None
            if name in computed:
                selected, show = computed[name].selected, computed[name].show
            elif hasattr(table, name):
                selected, show = _stored(getattr(table, name))
            else:
                raise TypeError(f"{model.__name__}.{name} is no column of {table} and not computed")
            self.columns.append(selected.label(f"member_{len(self.columns)}"))
            if show is not None:
                self._shown.append((alias, show))

    def show(self, row: Any, language: str) -> dict[str, Any]:
        """`row` begins with `columns`; what follows is left out."""
        members = dict(zip(self.names, row, strict=False))
        for name, show in self._shown:
            members[name] = show(members[name], language)
        return members


def _stored(column: Any) -> tuple[Any, Show | None]:
    if isinstance(column.type, DateTime):
        return column, _instant
    if isinstance(column.type, Numeric):
        return cast(column, String), None  # plain notation with the digits that were given
    return column, None


def _instant(value: datetime | None, _language: str) -> str | None:
    """As `chassis.schemas.instant_text`; the driver gives UTC."""
    if value is None:
        return None
    text = value.isoformat("T", "milliseconds")
    assert value.tzinfo is UTC or text.endswith("+00:00")
    return text[:-6] + "Z"
