"""What a service makes at its start is out of the garbage collector's way."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from chassis.start_memory import keep_start_out_of_collections
from tests.chassis.probe import PROBE
from tests.postgres import ServiceDatabases
from tests.service_app import KeyRing, running


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_what_comes_later_is_collected_as_ever() -> None:
    keep_start_out_of_collections()
    kept = gc.get_freeze_count()
    later = [[n] for n in range(1000)]
    keep_start_out_of_collections()
    assert 0 < gc.get_freeze_count() <= kept
    assert len(later) == 1000


@pytest.mark.anyio
async def test_a_service_does_so_when_it_starts(service_databases: ServiceDatabases, keys: KeyRing) -> None:
    async with running(PROBE, service_databases, keys, background=True):
        assert gc.get_freeze_count() > 0
