"""A platform of its own, since what is sent here may change anything; one for all tests of the folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.world import World, world_of
from tests.end_to_end.platform_under_test import whole_platform


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("contract"))


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    with whole_platform() as whole, world_of(whole) as made:
        yield made
