"""`python -m tests.end_to_end.matrix.pin` writes the table anew from a platform of its own."""

from __future__ import annotations

from tests.end_to_end.matrix.observing import observed
from tests.end_to_end.matrix.table import write_table
from tests.end_to_end.matrix.world import world_of
from tests.end_to_end.platform_under_test import whole_platform

if __name__ == "__main__":
    with whole_platform() as whole, world_of(whole) as world:
        write_table(observed(world))
