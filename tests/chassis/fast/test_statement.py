"""What may be compiled once for all, and what a row becomes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Select, column, literal, select

from chassis.database import SCOPE_OPTION, UnscopedRead
from chassis.fast.shape import Computed, Shape
from chassis.fast.statement import Compiled, PerScope
from chassis.identity.access import in_scope
from chassis.identity.principal import EVERYWHERE, NOWHERE, Principal, Scope
from chassis.schemas import Out
from services.registry.zones.models import Zone
from services.registry.zones.queries import visible_to


def reader(scope: Scope) -> Principal:
    return Principal("person:reader", "gateway", view=scope)


def test_a_statement_without_a_scope_is_refused() -> None:
    with pytest.raises(UnscopedRead):
        Compiled(select(Zone.code))


def test_a_statement_that_holds_for_a_moment_only_is_refused() -> None:
    """Compiled once, it would go on comparing with the time of its first call."""
    moment = literal(datetime(2026, 11, 24, tzinfo=UTC))
    with pytest.raises(TypeError, match="moment"):
        Compiled(visible_to(reader(EVERYWHERE)).where(Zone.created_at < moment))


def test_a_statement_whose_text_depends_on_its_values_is_refused() -> None:
    with pytest.raises(TypeError, match="any_"):
        Compiled(visible_to(reader(EVERYWHERE)).where(Zone.code.in_(["a", "b"])))


def test_a_compiled_statement_is_filled_with_each_callers_scope() -> None:
    compiled = PerScope(visible_to)
    north, south = Scope(divisions=frozenset({"11"})), Scope(divisions=frozenset({"44", "45"}))
    first, second = compiled.of(reader(north)), compiled.of(reader(south))
    assert first is second
    assert [sorted(value) for value in second.arguments(south, {})] == [["44", "45"]]
    assert compiled.of(reader(EVERYWHERE)).arguments(EVERYWHERE, {}) == []


def test_every_kind_of_scope_has_a_statement_of_its_own() -> None:
    compiled = PerScope(visible_to)
    divisions, zones = frozenset({"11"}), frozenset({"0198c3d2-7a10-7cc0-a5a1-1f3c0b7f1a01"})
    scopes = [EVERYWHERE, NOWHERE, Scope(divisions=divisions), Scope(zones=zones)]
    scopes.append(Scope(divisions=divisions, zones=zones))
    assert len({compiled.of(reader(scope)).sql for scope in scopes}) == 5


def test_a_member_that_is_neither_column_nor_computed_is_refused() -> None:
    class Odd(Out):
        code: str
        mood: str

    with pytest.raises(TypeError, match="mood"):
        Shape(Odd, Zone, {})


def test_a_row_becomes_the_members_in_the_order_of_the_model() -> None:
    class Small(Out):
        longitude: Decimal
        loud: str
        created_at: datetime

    shape = Shape(Small, Zone, {"loud": Computed(Zone.code, lambda code, language: f"{code}!{language}")})
    moment = datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)
    members = shape.show(("1.50", "Z", moment, "a sort key"), "en")
    assert list(members.items()) == [
        ("longitude", "1.50"),
        ("loud", "Z!en"),
        ("created_at", "2026-01-02T03:04:05.999Z"),
    ]


def test_parameters_of_two_scopes_in_one_statement_stay_apart() -> None:
    """Given a condition on one place in and out, each keeps its own list."""
    north, south = Scope(divisions=frozenset({"11"})), Scope(divisions=frozenset({"44"}))
    path: Any = column("path")
    statement: Select[Any] = (
        select(path)
        .where(in_scope(north, path), ~in_scope(south, path))
        .execution_options(**{SCOPE_OPTION: "x"})
    )
    assert sorted(map(str, statement.compile().params.values())) == ["['11']", "['44']"]
