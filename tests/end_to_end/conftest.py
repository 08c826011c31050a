"""The platform is started once and shared: all these tests run in one process of a parallel run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.platform_under_test import Whole, whole_platform


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "end_to_end" in item.nodeid:
            item.add_marker(pytest.mark.xdist_group("platform"))


@pytest.fixture(scope="session")
def whole() -> Iterator[Whole]:
    with whole_platform() as running:
        yield running
