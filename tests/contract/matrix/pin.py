"""`python -m tests.contract.matrix.pin` writes the table anew from a platform of its own."""

from __future__ import annotations

from tests.contract.matrix.observing import observed
from tests.contract.matrix.table import write_table
from tests.contract.world import world_of
from tests.end_to_end.platform_under_test import whole_platform

if __name__ == "__main__":
    with whole_platform() as whole, world_of(whole) as world:
        write_table(observed(world))
