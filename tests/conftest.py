"""Fixtures that every test may ask for, and which tests share a process of a parallel run."""

from __future__ import annotations

from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

pytest_plugins = ["tests.postgres"]
# The tests of each of these folders share a platform, which is started once.
TOGETHER: Final = ("tests/contract/", "tests/end_to_end/", "tests/ledger/")


class ByPlatform(LoadScopeScheduling):  # type: ignore[misc]  # comes without annotations
    """Hands out tests one by one, but for those of a folder that stay together.

    The marks that the scheduler of xdist reads do not reach it with this version of pytest.
    """

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByPlatform:
    return ByPlatform(config, log)
