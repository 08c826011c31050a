"""The service of the tests of long work."""

from tests.chassis.operations.conftest import idle

__all__ = ["idle"]
