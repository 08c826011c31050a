"""Direction: after this step more is better for every indicator."""

from collections.abc import Sequence

import numpy as np

from services.evaluation.engine.log import Log, LogEntry
from services.evaluation.engine.matrix import Matrix
from services.evaluation.engine.tree import Direction, Leaf


def directed(matrix: Matrix, leaves: Sequence[Leaf]) -> tuple[Matrix, Log]:
    """Multiply the columns where less is better by -1; `leaves` are the matrix's columns, in its order.

    Comes before normalising, so that a method that is not symmetric sees the turned values
    (OECD/JRC, Handbook on Constructing Composite Indicators, 2008, step 5).
    """
    signs = np.array([leaf.direction.sign for leaf in leaves])
    turned = tuple(leaf.code for leaf in leaves if leaf.direction is Direction.LOWER_IS_BETTER)
    log = (LogEntry("direction", "multiplied_by_minus_one", turned),) if turned else ()
    return Matrix(matrix.units, matrix.indicators, matrix.values * signs, matrix.present), log
