"""Builders with good defaults: frameworks, matrices and methods in one line each."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from services.evaluation.engine import (
    Bounds,
    ConstantRule,
    Matrix,
    Method,
    MinMax,
    Ranking,
    TieRule,
    Tree,
    TreeRow,
    build_tree,
)

Cell = str | int | Decimal | None


def leaf(
    code: str, parent: str = "root", weight: float = 1.0, direction: str = "higher_is_better"
) -> TreeRow:
    return TreeRow(code, parent, is_leaf=True, weight=weight, direction=direction)


def branch(
    code: str,
    parent: str | None = "root",
    weight: float = 1.0,
    minimum: Decimal | Fraction | int = 0,
) -> TreeRow:
    return TreeRow(
        code, parent, is_leaf=False, weight=weight, aggregation="weighted_arithmetic", min_available=minimum
    )


def root(minimum: Decimal | Fraction | int = 0) -> TreeRow:
    return branch("root", None, minimum=minimum)


def flat_tree(*leaves: str, minimum: Decimal | Fraction | int = 0) -> Tree:
    """One root over equally weighted indicators of which more is better."""
    return build_tree([root(minimum), *(leaf(code) for code in leaves)])


def matrix(table: Mapping[str, Sequence[Cell]], *indicators: str) -> Matrix:
    """`matrix({"u1": [1, None]}, "a", "b")`: a row of cells for each unit."""
    cells = {
        (unit, indicator): None if cell is None else Decimal(cell)
        for unit, row in table.items()
        for indicator, cell in zip(indicators, row, strict=True)
    }
    return Matrix.from_cells(tuple(table), indicators, cells)


def min_max_setting(
    low: float = 0.0, high: float = 100.0, constant: ConstantRule = ConstantRule.MISSING
) -> MinMax:
    return MinMax(low=low, high=high, bounds=Bounds.CURRENT_SET, constant=constant)


def method(
    low: float = 0.0,
    high: float = 100.0,
    constant: ConstantRule = ConstantRule.MISSING,
    tie_rule: TieRule = TieRule.MINIMUM,
) -> Method:
    return Method(min_max_setting(low, high, constant), Ranking(tie_rule, tie_tolerance=1e-12))
