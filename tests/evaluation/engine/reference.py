"""The same evaluation written a second way: recursive, one unit at a time, in exact fractions."""

from collections.abc import Mapping
from fractions import Fraction

from services.evaluation.engine import Branch, Direction, Tree

Cells = Mapping[tuple[str, str], Fraction | None]


def reference_score(
    cells: Cells, units: list[str], tree: Tree, unit: str, scale: tuple[int, int], mid_scale: bool = False
) -> Fraction | None:
    """Root score of one unit, None where it is missing."""
    low, high = scale

    def of_leaf(code: str, direction: Direction) -> Fraction | None:
        own = cells.get((unit, code))
        if own is None:
            return None
        known = [value for other in units if (value := cells.get((other, code))) is not None]
        best, worst = max(known), min(known)
        if direction is Direction.LOWER_IS_BETTER:
            best, worst = worst, best
        if best == worst:
            return Fraction(low + high, 2) if mid_scale else None
        return low + (own - worst) / (best - worst) * (high - low)

    def of_node(code: str) -> Fraction | None:
        node = tree.nodes[code]
        if not isinstance(node, Branch):
            return of_leaf(code, node.direction)
        scored = [
            (Fraction(tree.nodes[member].weight), score)
            for member in node.members
            if (score := of_node(member)) is not None
        ]
        total = sum((weight for weight, _ in scored), Fraction(0))
        if Fraction(len(scored), len(node.members)) < node.min_available or total == 0:
            return None
        return sum((weight * score for weight, score in scored), Fraction(0)) / total

    return of_node(tree.root.code)
