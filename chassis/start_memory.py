"""What a process makes at its start stays as long as it runs: the collector need not look at it again."""

from __future__ import annotations

import gc


def keep_start_out_of_collections() -> None:
    """Once a process, when it has loaded what it needs.

    A service holds some 400,000 such objects (modules, models, routes), and a full collection looked at each:
    a third of the CPU time of an import, and a pause of a tenth of a second in whatever request it fell into.
    """
    if gc.get_freeze_count() == 0:
        gc.collect()
        gc.freeze()
