"""Random frameworks of uneven depth, and values with gaps."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import strategies as st

from services.evaluation.engine import Matrix, Tree, TreeRow, build_tree
from tests.evaluation.engine.builders import branch, leaf, root


@dataclass(frozen=True)
class Case:
    """A framework and whole-number values, which floats hold exactly."""

    rows: tuple[TreeRow, ...]
    units: tuple[str, ...]
    cells: dict[tuple[str, str], int | None]

    @property
    def leaves(self) -> list[str]:
        return [row.code for row in self.rows if row.is_leaf]

    @property
    def tree(self) -> Tree:
        return build_tree(self.rows)

    @property
    def matrix(self) -> Matrix:
        cells = {cell: None if value is None else Decimal(value) for cell, value in self.cells.items()}
        return Matrix.from_cells(self.units, self.leaves, cells)

    def with_cells(self, changes: dict[tuple[str, str], int | None]) -> "Case":
        return replace(self, cells={**self.cells, **changes})


WEIGHTS = st.integers(1, 20).map(float)
MINIMA = st.sampled_from([Fraction(0), Fraction(1, 3), Fraction(1, 2), Fraction(2, 3), Fraction(1)])
DIRECTIONS = st.sampled_from(["higher_is_better", "lower_is_better"])


@st.composite
def frameworks(draw: st.DrawFn) -> tuple[TreeRow, ...]:
    """One to four branches below the root or below each other, each with leaves of its own."""
    rows = [root(draw(MINIMA))]
    names = ["root"]
    for i in range(draw(st.integers(0, 4))):
        rows.append(branch(f"b{i}", draw(st.sampled_from(names)), draw(WEIGHTS), draw(MINIMA)))
        names.append(f"b{i}")
    for name in names:
        for i in range(draw(st.integers(1, 3))):
            rows.append(leaf(f"{name}.{i}", name, draw(WEIGHTS), draw(DIRECTIONS)))
    return tuple(draw(st.permutations(rows)))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """One to eight units with values in [-50, 50], about one in five missing."""
    rows = draw(frameworks())
    units = tuple(f"u{i}" for i in range(draw(st.integers(1, 8))))
    value = st.one_of(st.none(), *[st.integers(-50, 50)] * 4)
    cells = {(unit, row.code): draw(value) for row in rows if row.is_leaf for unit in units}
    return Case(rows, units, cells)
