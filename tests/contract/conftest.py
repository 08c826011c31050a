"""A platform of its own, since what is sent here may change anything; one for all tests of the folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.world import World, world_of
from tests.end_to_end.platform_under_test import whole_platform


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with whole_platform() as whole, world_of(whole) as made:
        yield made
