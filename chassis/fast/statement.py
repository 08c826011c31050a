"""SQLAlchemy statements compiled once and run by the driver."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from typing import Any

from sqlalchemy import Select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from chassis.database import SCOPE_OPTION, UnscopedRead
from chassis.identity.access import SCOPE_DIVISIONS, SCOPE_ZONES
from chassis.identity.principal import Principal, Scope

_DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # as SQLAlchemy ships it


class Compiled:
    """SQL and its parameters: those named `given` are filled at each call, the caller's scope besides."""

    def __init__(self, statement: Select[Any]) -> None:
        """Raises UnscopedRead for a statement without a scope, TypeError for one that holds for a moment."""
        if not statement.get_execution_options().get(SCOPE_OPTION):
            raise UnscopedRead("a fast read starts from its visible_to() too")
        compiled = statement.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        names: list[str] = getattr(compiled, "positiontup", None) or []
        self._parameters = [(_meaning(name), compiled.params[name]) for name in names]
        if "POSTCOMPILE" in self.sql:
            raise TypeError("a list as parameter: write `== any_(…)` in place of `in_`")
        for _, value in self._parameters:
            if isinstance(value, (date, time, timedelta)):
                raise TypeError(f"compiled once for all, it would keep the moment {value} for ever")

    def arguments(self, scope: Scope, given: Mapping[str, Any]) -> list[Any]:
        """In the order of the SQL's placeholders."""
        values = []
        for meaning, fixed in self._parameters:
            if meaning == SCOPE_DIVISIONS:
                values.append(list(scope.divisions))
            elif meaning == SCOPE_ZONES:
                values.append(list(scope.zones))
            else:
                values.append(given.get(meaning, fixed))
        return values


class PerScope:
    """One compiled statement for each kind of scope: everywhere, divisions, zones, both, nowhere."""

    def __init__(self, build: Callable[[Principal], Select[Any]]) -> None:
        self._build = build
        self._compiled: dict[tuple[bool, bool, bool], Compiled] = {}

    def of(self, principal: Principal) -> Compiled:
        view = principal.view
        kind = (view.everywhere, bool(view.divisions), bool(view.zones))
        compiled = self._compiled.get(kind)
        if compiled is None:
            compiled = self._compiled[kind] = Compiled(self._build(principal))
        return compiled


def _meaning(name: str) -> str:
    """SQLAlchemy numbers the parameters of a name that may stand more than once."""
    for meaning in (SCOPE_DIVISIONS, SCOPE_ZONES):
        if name.startswith(meaning):
            return meaning
    return name
