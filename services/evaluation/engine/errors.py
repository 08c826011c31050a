"""What the engine refuses, as exceptions with a machine code; messages for people are made elsewhere."""

from collections.abc import Mapping
from typing import Literal

ErrorCode = Literal[
    # matrix
    "no_units",
    "no_indicators",
    "empty_code",
    "duplicate_unit",
    "duplicate_indicator",
    "wrong_shape",
    "value_not_finite",
    "unknown_unit",
    "unknown_indicator",
    # tree
    "no_root",
    "several_roots",
    "root_is_leaf",
    "unknown_parent",
    "cycle",
    "duplicate_code",
    "branch_without_members",
    "branch_without_aggregation",
    "branch_without_minimum",
    "leaf_with_members",
    "leaf_without_direction",
    "unknown_aggregation",
    "unknown_direction",
    "setting_not_applicable",
    "weight_not_finite",
    "weight_negative",
    "weights_all_zero",
    "weights_incomparable",
    "minimum_not_exact",
    "minimum_out_of_range",
    # method
    "scale_invalid",
    "tolerance_invalid",
    # computation
    "leaf_without_column",
    "range_overflow",
    "unknown_node",
]


class EngineError(ValueError):
    """The input cannot be evaluated as it stands.

    `code` names the reason for machines, `params` the codes and numbers that a message needs.
    """

    def __init__(self, code: ErrorCode, params: Mapping[str, object]) -> None:
        super().__init__(code, params)
        self.code: ErrorCode = code
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code}: {details}" if details else self.code


class MatrixError(EngineError):
    """The values are not a matrix of finite numbers over unique codes."""


class TreeError(EngineError):
    """The rows do not describe one well-formed framework tree."""


class MethodError(EngineError):
    """A setting of the method lies outside what it can mean."""


class ComputationError(EngineError):
    """Valid parts that do not fit together, or finite input whose result is not a finite number."""
