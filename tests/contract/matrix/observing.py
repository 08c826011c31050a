"""Calling everything as everybody."""

from __future__ import annotations

from tests.contract.matrix.callers import ANONYMOUS, SCOPES, Callers, every_caller, every_direct_caller
from tests.contract.matrix.table import COLUMNS, Row, folded
from tests.contract.prepared import Prepared
from tests.contract.recipes import Operation, operations
from tests.contract.world import World


def observed(world: World) -> dict[str, Row]:
    """The table as the gateway answers it now."""
    with every_caller(world) as callers:
        return {operation.name: _row(world, callers, operation) for operation in operations(world)}


def observed_directly(world: World) -> dict[str, Row]:
    """The same for the operations that services own, asked of them without the gateway."""
    owned = [(operation, operation.owner()) for operation in operations(world)]
    with every_direct_caller(world.whole) as callers:
        return {
            operation.name: _row(world, callers[owner], operation)
            for operation, owner in owned
            if owner in callers
        }


def _row(world: World, callers: Callers, operation: Operation) -> Row:
    """A request that had no effect is sent again by the next caller; each effect gets a new one."""
    waiting: list[Prepared] = []

    def status(role: str, scope: str) -> int:
        prepared = waiting.pop() if waiting else operation.prepare(world)
        answer = prepared.send(callers[role, scope])
        # neither a fault of the request nor of the platform
        assert answer.status_code in {200, 201, 202, 204, 401, 403, 404, 422}, (operation, answer.text)
        if operation.method == "GET" or not answer.is_success:
            waiting.append(prepared)
        return answer.status_code

    row = {}
    for column in COLUMNS:
        scopes = ["everywhere"] if column == ANONYMOUS else list(SCOPES)
        found = {scopes[0]: status(column, scopes[0])}
        if found[scopes[0]] != 403:  # who may not do it anywhere may not do it here
            found |= {scope: status(column, scope) for scope in scopes[1:]}
        row[column] = folded(found)
    return row
