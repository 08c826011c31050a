"""Values of units by indicators, with missing values as a mask."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from services.evaluation.engine.errors import ErrorCode, MatrixError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Matrix:
    """`values[n units, m indicators]`, of which only those under a true `present` mean anything.

    The arrays are copied and made read-only. Under a false mask 0.0 is stored so that equal matrices have
    equal bytes; no step reads it as a value. Negative zero is stored as zero for the same reason.

    Raises MatrixError: no or repeated or empty codes, wrong shapes, a present value that is not finite.
    """

    units: tuple[str, ...]
    indicators: tuple[str, ...]
    values: FloatArray
    present: BoolArray

    def __post_init__(self) -> None:
        _check_codes(self.units, "no_units", "duplicate_unit")
        _check_codes(self.indicators, "no_indicators", "duplicate_indicator")
        shape = (len(self.units), len(self.indicators))
        if np.shape(self.values) != shape or np.shape(self.present) != shape:
            raise MatrixError(
                "wrong_shape",
                {"expected": shape, "values": np.shape(self.values), "present": np.shape(self.present)},
            )
        present = np.array(self.present, dtype=np.bool_)
        values = np.where(present, np.asarray(self.values, dtype=np.float64), 0.0) + 0.0
        if not np.isfinite(values).all():
            row, column = (int(i) for i in np.argwhere(~np.isfinite(values))[0])
            raise MatrixError(
                "value_not_finite", {"unit": self.units[row], "indicator": self.indicators[column]}
            )
        present.flags.writeable = False
        values.flags.writeable = False
        object.__setattr__(self, "present", present)
        object.__setattr__(self, "values", values)

    @classmethod
    def from_cells(
        cls,
        units: Sequence[str],
        indicators: Sequence[str],
        cells: Mapping[tuple[str, str], Decimal | None],
    ) -> Self:
        """Build from `{(unit, indicator): value}`; None and an absent key both mean missing.

        Units and indicators are named apart from the cells, so that one without any value is not lost.
        A decimal is rounded once, to the nearest float64 (15 significant digits always survive).
        """
        rows = {code: i for i, code in enumerate(units)}
        columns = {code: i for i, code in enumerate(indicators)}
        values = np.zeros((len(units), len(indicators)))
        present = np.zeros(values.shape, dtype=np.bool_)
        for (unit, indicator), value in cells.items():
            if unit not in rows:
                raise MatrixError("unknown_unit", {"unit": unit})
            if indicator not in columns:
                raise MatrixError("unknown_indicator", {"indicator": indicator})
            if value is None:
                continue
            if not value.is_finite():
                raise MatrixError("value_not_finite", {"unit": unit, "indicator": indicator})
            values[rows[unit], columns[indicator]] = float(value)
            present[rows[unit], columns[indicator]] = True
        return cls(tuple(units), tuple(indicators), values, present)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row of each unit."""
        return {code: i for i, code in enumerate(self.units)}

    @cached_property
    def column_of(self) -> Mapping[str, int]:
        """Column of each indicator."""
        return {code: i for i, code in enumerate(self.indicators)}

    def value(self, unit: str, indicator: str) -> float | None:
        """The value of one cell, None where it is missing."""
        if unit not in self.row_of:
            raise MatrixError("unknown_unit", {"unit": unit})
        if indicator not in self.column_of:
            raise MatrixError("unknown_indicator", {"indicator": indicator})
        cell = self.row_of[unit], self.column_of[indicator]
        return float(self.values[cell]) if self.present[cell] else None

    def select(self, indicators: Sequence[str]) -> "Matrix":
        """The same units with these indicators only, in this order."""
        for code in indicators:
            if code not in self.column_of:
                raise MatrixError("unknown_indicator", {"indicator": code})
        columns = [self.column_of[code] for code in indicators]
        return Matrix(self.units, tuple(indicators), self.values[:, columns], self.present[:, columns])


def _check_codes(codes: tuple[str, ...], none: ErrorCode, repeated: ErrorCode) -> None:
    if not codes:
        raise MatrixError(none, {})
    seen: set[str] = set()
    for code in codes:
        if not code:
            raise MatrixError("empty_code", {})
        if code in seen:
            raise MatrixError(repeated, {"code": code})
        seen.add(code)
