"""Decomposition of every score down to the values that made it."""

from dataclasses import dataclass

import numpy as np

from services.evaluation.engine.aggregate import NodeScores
from services.evaluation.engine.errors import MatrixError
from services.evaluation.engine.explanation_parts import Dropped, LeafPart, Reason, UnitExplanation
from services.evaluation.engine.matrix import BoolArray, FloatArray, Matrix
from services.evaluation.engine.normalise import Normalised
from services.evaluation.engine.tree import Branch, Leaf, Tree


@dataclass(frozen=True, eq=False)
class Explanation:
    """Decompositions of all units: `effective_weights` and `contributions` `[n units, m leaves]`.

    Columns follow `tree.leaves`; both arrays hold 0.0 where `takes_part` is false.
    """

    tree: Tree
    observed: Matrix
    normalised: Normalised
    scores: NodeScores
    takes_part: BoolArray
    effective_weights: FloatArray
    contributions: FloatArray

    def of(self, unit: str) -> UnitExplanation:
        """The decomposition of one unit. Raises MatrixError for a unit outside the set."""
        if unit not in self.observed.row_of:
            raise MatrixError("unknown_unit", {"unit": unit})
        row = self.observed.row_of[unit]
        root = self.scores.column_of[self.tree.root.code]
        return UnitExplanation(
            unit,
            float(self.scores.values[row, root]) if self.scores.present[row, root] else None,
            tuple(self._part(row, column, leaf) for column, leaf in enumerate(self.tree.leaves)),
            self._dropped(row),
        )

    def _part(self, row: int, column: int, leaf: Leaf) -> LeafPart:
        unit = self.observed.units[row]
        low, high = self._bounds(column, leaf)
        takes_part = bool(self.takes_part[row, column])
        return LeafPart(
            code=leaf.code,
            direction=leaf.direction,
            value=self.observed.value(unit, leaf.code),
            low=low,
            high=high,
            normalised=self.normalised.matrix.value(unit, leaf.code),
            effective_weight=float(self.effective_weights[row, column]) if takes_part else None,
            contribution=float(self.contributions[row, column]) if takes_part else None,
        )

    def _bounds(self, column: int, leaf: Leaf) -> tuple[float | None, float | None]:
        if self.normalised.empty[column]:
            return None, None
        sides = (self.normalised.minimum[column], self.normalised.maximum[column])
        low, high = sorted(float(side) * leaf.direction.sign + 0.0 for side in sides)
        return low, high

    def _dropped(self, row: int) -> tuple[Dropped, ...]:
        dropped: list[Dropped] = []
        missing_above: dict[str, str | None] = {self.tree.root.code: None}
        for branch in reversed(self.tree.branches):
            above = missing_above[branch.code]
            found = self._missing_branch(row, branch)
            dropped.extend(_first(found, _below(branch.code, above)))
            highest = above or (branch.code if found else None)
            missing_above.update(dict.fromkeys(branch.members, highest))
        for column, leaf in enumerate(self.tree.leaves):
            found = self._missing_leaf(row, column, leaf)
            dropped.extend(_first(found, _below(leaf.code, missing_above[leaf.code])))
        return tuple(dropped)

    def _missing_branch(self, row: int, branch: Branch) -> Dropped | None:
        column = self.scores.column_of[branch.code]
        if self.scores.present[row, column]:
            return None
        available = int(self.scores.available[row, column])
        if available == 0:
            reason = Reason.NO_MEMBER_PRESENT
        elif available < branch.required:
            reason = Reason.BELOW_MINIMUM
        else:
            reason = Reason.NO_WEIGHT_PRESENT
        return Dropped(branch.code, reason, available, len(branch.members), branch.required)

    def _missing_leaf(self, row: int, column: int, leaf: Leaf) -> Dropped | None:
        if not self.observed.present[row, column]:
            return Dropped(leaf.code, Reason.NOT_PRESENT)
        if not self.normalised.matrix.present[row, column]:
            return Dropped(leaf.code, Reason.CONSTANT_INDICATOR)
        return None


def explain(observed: Matrix, normalised: Normalised, scores: NodeScores, tree: Tree) -> Explanation:
    """Multiply the renormalised weights along each path; columns of both matrices are `tree.leaves`.

    `observed` holds the values as they were given, before any direction was turned.
    """
    leaves = [leaf.code for leaf in tree.leaves]
    present = dict(zip(leaves, normalised.matrix.present.T, strict=True))
    present.update(zip(scores.nodes, scores.present.T, strict=True))
    root = tree.root.code
    takes_part: dict[str, BoolArray] = {root: present[root]}
    weights: dict[str, FloatArray] = {root: present[root].astype(np.float64)}
    for branch in reversed(tree.branches):
        for code in branch.members:
            takes_part[code] = takes_part[branch.code] & present[code]
            weights[code] = weights[branch.code] * scores.shares[code]
    effective = np.column_stack([weights[code] for code in leaves])
    return Explanation(
        tree=tree,
        observed=observed,
        normalised=normalised,
        scores=scores,
        takes_part=np.column_stack([takes_part[code] for code in leaves]),
        effective_weights=effective,
        contributions=effective * normalised.matrix.values,
    )


def _below(code: str, ancestor: str | None) -> Dropped | None:
    return Dropped(code, Reason.ANCESTOR_MISSING, ancestor=ancestor) if ancestor else None


def _first(own: Dropped | None, inherited: Dropped | None) -> list[Dropped]:
    """A node's own reason says more than its ancestor's."""
    found = own or inherited
    return [found] if found else []
