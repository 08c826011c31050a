"""Each operation that is not a read leaves exactly one record, in the trail of the service that owns it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.contract.recipes import Operation, operations
from tests.contract.world import World

# Changes nothing but the caller's own inbox; and requests that ask for what stands already.
CHANGE_NOTHING = frozenset(
    {
        "mark_notices_read",
        "change_notice_settings",
        "commit_divisions_import",
        "commit_observations_import",
    }
)
_SECONDS = 10.0


@pytest.fixture(scope="module")
def callers(world: World) -> Iterator[list[httpx.Client]]:
    """Together they may do everything; the auditor is the last."""
    with ExitStack() as stack:
        watching = [
            stack.enter_context(world.holding(f"{name}_administrator")) for name in ("security", "audit")
        ]
        yield [world.office, world.admin, *watching]


def test_every_change_leaves_one_record(world: World, callers: list[httpx.Client]) -> None:
    auditor = callers[-1]
    wrong = {}
    changing = [operation for operation in operations(world) if operation.method != "GET"]
    assert {operation.name for operation in changing} > CHANGE_NOTHING
    for operation in changing:
        trace_id = _done(world, operation, callers)
        found = _records(auditor, operation.owner(), trace_id, wait=operation.name not in CHANGE_NOTHING)
        actions = [item["action"] for item in found]
        if actions != ([] if operation.name in CHANGE_NOTHING else [operation.name]):
            wrong[operation.name] = actions
    assert wrong == {}


def _done(world: World, operation: Operation, callers: list[httpx.Client]) -> str:
    """The trace id of a request that succeeded for one of the callers."""
    prepared = operation.prepare(world)
    trace_id = secrets.token_hex(16)
    headers = {**prepared.headers, "traceparent": f"00-{trace_id}-{'1' * 16}-01"}
    for caller in callers:
        answer = replace(prepared, headers=headers).send(caller)
        if answer.status_code != 403:
            break
    assert answer.is_success, (operation, answer.text)
    return trace_id


def _records(auditor: httpx.Client, source: str, trace_id: str, *, wait: bool) -> list[dict[str, Any]]:
    """The records of one request, once the sequencer has numbered them."""
    until = time.monotonic() + _SECONDS
    while True:
        query = {"source": source, "trace_id": trace_id}
        found: list[dict[str, Any]] = auditor.get("/api/v1/audit", params=query).json()["items"]
        if found or not wait or time.monotonic() > until:
            return found
