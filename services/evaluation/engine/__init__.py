"""The evaluation engine: pure functions from values, framework and method to scores, ranks and reasons."""

from services.evaluation.engine.aggregate import MemberMean, NodeScores, aggregate, weighted_mean
from services.evaluation.engine.digest import input_digest
from services.evaluation.engine.direction import directed
from services.evaluation.engine.errors import (
    ComputationError,
    EngineError,
    ErrorCode,
    MatrixError,
    MethodError,
    TreeError,
)
from services.evaluation.engine.evaluate import Evaluation, evaluate
from services.evaluation.engine.explain import Explanation, explain
from services.evaluation.engine.explanation_parts import Dropped, LeafPart, Reason, UnitExplanation
from services.evaluation.engine.log import ENGINE_VERSION, Log, LogEntry
from services.evaluation.engine.matrix import BoolArray, FloatArray, Matrix
from services.evaluation.engine.method import Bounds, ConstantRule, Method, MinMax, Ranking, TieRule
from services.evaluation.engine.normalise import Normalised, min_max
from services.evaluation.engine.rank import Ranks, rank
from services.evaluation.engine.tree import Aggregation, Branch, Direction, Leaf, Tree
from services.evaluation.engine.tree_building import TreeRow, build_tree

__all__ = [
    "ENGINE_VERSION",
    "Aggregation",
    "BoolArray",
    "Bounds",
    "Branch",
    "ComputationError",
    "ConstantRule",
    "Direction",
    "Dropped",
    "EngineError",
    "ErrorCode",
    "Evaluation",
    "Explanation",
    "FloatArray",
    "Leaf",
    "LeafPart",
    "Log",
    "LogEntry",
    "Matrix",
    "MatrixError",
    "MemberMean",
    "Method",
    "MethodError",
    "MinMax",
    "NodeScores",
    "Normalised",
    "Ranking",
    "Ranks",
    "Reason",
    "TieRule",
    "Tree",
    "TreeError",
    "TreeRow",
    "UnitExplanation",
    "aggregate",
    "build_tree",
    "directed",
    "evaluate",
    "explain",
    "input_digest",
    "min_max",
    "rank",
    "weighted_mean",
]
