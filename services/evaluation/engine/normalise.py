"""Normalisation: indicators in units of their own become scores on one scale."""

from dataclasses import dataclass

import numpy as np

from services.evaluation.engine.errors import ComputationError
from services.evaluation.engine.log import Log, LogEntry, Param
from services.evaluation.engine.matrix import BoolArray, FloatArray, Matrix
from services.evaluation.engine.method import ConstantRule, MinMax


@dataclass(frozen=True, eq=False)
class Normalised:
    """Scores per indicator, and what they were measured against.

    `minimum[m]` and `maximum[m]` are those of the matrix that was read, meaningless where `empty[m]`;
    `constant[m]` marks the indicators whose present values are all equal.
    """

    matrix: Matrix
    minimum: FloatArray
    maximum: FloatArray
    empty: BoolArray
    constant: BoolArray


def min_max(matrix: Matrix, setting: MinMax) -> tuple[Normalised, Log]:
    """`low + (x - min) / (max - min) * (high - low)` with the bounds of each column's present values.

    The ends are hit exactly and order is kept: a larger value never gets a smaller score. Constancy is
    exact equality. Raises ComputationError where max - min exceeds the range of float64.
    """
    empty: BoolArray = np.logical_not(matrix.present.any(axis=0))
    minimum = np.where(empty, 0.0, np.where(matrix.present, matrix.values, np.inf).min(axis=0))
    maximum = np.where(empty, 0.0, np.where(matrix.present, matrix.values, -np.inf).max(axis=0))
    constant: BoolArray = ~empty & (minimum == maximum)
    with np.errstate(over="ignore"):
        span = maximum - minimum
    if not np.isfinite(span).all():
        raise ComputationError("range_overflow", {"indicators": list(_codes(matrix, ~np.isfinite(span)))})

    measured = matrix.present & (span > 0)
    fraction = np.zeros(matrix.values.shape)
    np.subtract(matrix.values, minimum, out=fraction, where=measured)
    np.divide(fraction, span, out=fraction, where=measured)
    scores = np.minimum(setting.low + fraction * (setting.high - setting.low), setting.high)
    scores[fraction == 1.0] = setting.high
    if setting.constant is ConstantRule.MID_SCALE:
        scores[:, constant] = setting.middle
        present = matrix.present
    else:
        present = measured

    result = Normalised(
        Matrix(matrix.units, matrix.indicators, scores, present), minimum, maximum, empty, constant
    )
    return result, _log(result, setting)


def _log(result: Normalised, setting: MinMax) -> Log:
    params: dict[str, Param] = {"low": setting.low, "high": setting.high, "bounds": setting.bounds.value}
    log = [LogEntry("normalise", "min_max", result.matrix.indicators, params)]
    if result.constant.any():
        done = f"constant_{setting.constant.value}"
        log.append(LogEntry("normalise", done, _codes(result.matrix, result.constant), warning=True))
    if result.empty.any():
        log.append(LogEntry("normalise", "no_values", _codes(result.matrix, result.empty), warning=True))
    return tuple(log)


def _codes(matrix: Matrix, mask: BoolArray) -> tuple[str, ...]:
    return tuple(code for code, marked in zip(matrix.indicators, mask, strict=True) if marked)
