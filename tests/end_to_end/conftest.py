"""The platform is started once and shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.end_to_end.platform_under_test import Whole, whole_platform


@pytest.fixture(scope="session")
def whole() -> Iterator[Whole]:
    with whole_platform() as running:
        yield running
