"""What a resource says of itself to have a history."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, true

from chassis.temporal.tables import history


def _itself(column: str) -> str:
    return column


@dataclass(frozen=True)
class Temporal:
    """A resource with a history: declared once, recorded at each write, read at any moment.

    `parts` are members that stand in other tables, as SQL over the resource's row `t` that gives JSON.
    `place` and `zone` name the columns by which scope is judged (none: for all to see). `validity` gives the
    SQL of both ends where the resource itself says when it holds (an edition); else writes carry an effective
    date. `member_of` names the member of the API that a stored column belongs to; columns of one member move
    together when the past is corrected, and so do those that `together` gives one name.
    """

    kind: str
    model: Any
    place: str | None = None
    zone: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    validity: tuple[str, str] | None = None
    member_of: Callable[[str], str] = _itself
    together: Mapping[str, str] = field(default_factory=dict)

    @property
    def table(self) -> str:
        return str(self.model.__table__.name)

    def group_of(self, column: str) -> str:
        """Columns of one group have been stated together."""
        return self.together.get(column) or self.member_of(column)

    def as_read_plainly(self) -> ColumnElement[bool]:
        """Which rows a read without a date answers: the last of each life, or all where editions say it."""
        return true() if self.validity else and_(history.c.valid_to.is_(None))
