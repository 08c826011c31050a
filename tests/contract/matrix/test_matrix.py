"""Who may do what, where: every operation × role × scope through the gateway, as the pinned table says.

After a change that is meant to change it: `python -m tests.contract.matrix.pin`, and read the difference.
"""

from __future__ import annotations

import pytest

from tests.contract.matrix.observing import observed, observed_directly
from tests.contract.matrix.table import Row, read_table
from tests.contract.world import World


@pytest.fixture(scope="module")
def seen(world: World) -> dict[str, Row]:
    return observed(world)


def test_every_caller_gets_what_the_table_says(seen: dict[str, Row]) -> None:
    expected = read_table()
    wrong = {
        (operation, role): (cell, expected.get(operation, {}).get(role))
        for operation, row in seen.items()
        for role, cell in row.items()
        if expected.get(operation, {}).get(role) != cell
    }
    assert wrong == {}


def test_services_answer_the_same_on_their_own_ports(world: World, seen: dict[str, Row]) -> None:
    direct = observed_directly(world)
    assert len(direct) > len(seen) / 2
    assert direct == {operation: seen[operation] for operation in direct}


def test_every_operation_succeeds_for_somebody_and_no_write_for_nobody(seen: dict[str, Row]) -> None:
    for operation, row in seen.items():
        assert any(status in range(200, 300) for cell in row.values() for status in cell), operation
    public = {name for name, row in seen.items() if row["anonymous"][0] < 300}
    assert public == {"create_token", "get_status"}
