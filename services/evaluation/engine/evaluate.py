"""The chain of steps: values, framework and method in; scores, ranks and reasons out."""

from dataclasses import dataclass

from services.evaluation.engine.aggregate import NodeScores, aggregate
from services.evaluation.engine.direction import directed
from services.evaluation.engine.errors import ComputationError, MatrixError
from services.evaluation.engine.explain import Explanation, explain
from services.evaluation.engine.explanation_parts import UnitExplanation
from services.evaluation.engine.log import ENGINE_VERSION, Log, LogEntry
from services.evaluation.engine.matrix import Matrix
from services.evaluation.engine.method import Method
from services.evaluation.engine.normalise import min_max
from services.evaluation.engine.rank import Ranks, rank
from services.evaluation.engine.tree import Tree


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The answer for all units, in the order of the matrix; no NaN and no infinity in it.

    `ranks` are those of the root's scores.
    """

    units: tuple[str, ...]
    tree: Tree
    scores: NodeScores
    ranks: Ranks
    explanation: Explanation
    log: Log
    engine_version: str

    def score(self, unit: str, node: str | None = None) -> float | None:
        """A unit's score at a branch (the root unless named), None where it is missing."""
        code = self.tree.root.code if node is None else node
        if code not in self.scores.column_of:
            raise ComputationError("unknown_node", {"code": code})
        cell = self._row(unit), self.scores.column_of[code]
        return float(self.scores.values[cell]) if self.scores.present[cell] else None

    def rank(self, unit: str) -> float | None:
        """A unit's rank, 1 for the best, None without a score."""
        row = self._row(unit)
        return float(self.ranks.values[row]) if self.ranks.present[row] else None

    def explain(self, unit: str) -> UnitExplanation:
        """How a unit's score came about, down to its values."""
        return self.explanation.of(unit)

    def _row(self, unit: str) -> int:
        rows = self.explanation.observed.row_of
        if unit not in rows:
            raise MatrixError("unknown_unit", {"unit": unit})
        return rows[unit]


def evaluate(matrix: Matrix, tree: Tree, method: Method) -> Evaluation:
    """Score, rank and explain the units of `matrix` by the framework `tree`.

    Columns that are no leaf of the tree are left out, and logged. The same input gives the same answer to
    the last bit, in whatever order units and indicators stand.

    Raises ComputationError: a leaf without a column, or finite input that leaves the range of float64.
    """
    observed, selected = _leaves_of(matrix, tree)
    turned, turning = directed(observed, tree.leaves)
    normalised, normalising = min_max(turned, method.normalisation)
    scores, aggregating = aggregate(normalised.matrix, tree)
    root = scores.column_of[tree.root.code]
    ranks, ranking = rank(scores.values[:, root], scores.present[:, root], method.ranking)
    return Evaluation(
        units=matrix.units,
        tree=tree,
        scores=scores,
        ranks=ranks,
        explanation=explain(observed, normalised, scores, tree),
        log=(*selected, *turning, *normalising, *aggregating, *ranking),
        engine_version=ENGINE_VERSION,
    )


def _leaves_of(matrix: Matrix, tree: Tree) -> tuple[Matrix, Log]:
    """The columns of the tree's leaves, in its order."""
    leaves = [leaf.code for leaf in tree.leaves]
    absent = [code for code in leaves if code not in matrix.column_of]
    if absent:
        raise ComputationError("leaf_without_column", {"codes": absent})
    unused = tuple(sorted(set(matrix.indicators) - set(leaves)))
    log = (LogEntry("select", "columns_left_out", unused, warning=True),) if unused else ()
    return matrix.select(leaves), log
