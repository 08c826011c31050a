"""No request, valid or not, of any role is answered by 5xx or otherwise than the contract says."""

from __future__ import annotations

import pytest

from services.gateway.roles.table import ROLES
from tests.contract.fuzz.generated import Fuzzer
from tests.contract.matrix.callers import ANONYMOUS, every_caller
from tests.contract.recipes import operations
from tests.contract.world import World
from tests.long_form import LONG

# Requests an operation: few in everyday runs, since there are many operations; fewest for those roles that
# add nothing but refusals to what others are answered.
EXAMPLES, FEWER = (60, 20) if LONG else (4, 1)
MOST = {ANONYMOUS, "ministry_office", "provincial_office", "system_administrator"}
# Between them they may do everything; administrators of system, security and audit exclude each other.
ABLE = ("ministry_office", "system_administrator", "security_administrator", "audit_administrator")
SEED = 20261124


@pytest.fixture(scope="module")
def fuzzer(world: World) -> Fuzzer:
    return Fuzzer.of(world.whole.url, world.get("/openapi.json"))


def test_every_operation_answers_a_valid_request_as_its_schema_says(world: World, fuzzer: Fuzzer) -> None:
    with every_caller(world) as callers:
        for operation in operations(world):
            for role in ABLE:
                token = callers[role, "everywhere"].headers["authorization"].removeprefix("Bearer ")
                fuzzer.send_valid(operation, operation.prepare(world), token)
    failed = {name for name, seen in fuzzer.statuses.items() if not any(s in range(200, 300) for s in seen)}
    assert failed == set()


@pytest.mark.parametrize("role", [ANONYMOUS, *ROLES])
def test_generated_requests_of_every_role(world: World, fuzzer: Fuzzer, role: str) -> None:
    before = fuzzer.sent
    with every_caller(world) as callers:
        header = callers[role, "everywhere"].headers.get("authorization", "")
        for operation in operations(world):
            found = operation.prepare(world)
            examples = EXAMPLES if role in MOST else FEWER
            fuzzer.send_generated(operation, found, header.removeprefix("Bearer "), examples, SEED)
    assert fuzzer.sent > before
