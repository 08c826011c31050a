"""From flat rows, as a table or a file holds them, to a checked framework tree."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from services.evaluation.engine.errors import TreeError
from services.evaluation.engine.tree import Aggregation, Branch, Direction, Leaf, Tree

WEIGHT_RANGE = 1e100
"""Largest quotient of two positive weights of siblings: beyond it one of them is a slip of the pen."""


@dataclass(frozen=True)
class TreeRow:
    """One node as it was written down; the root's `parent` is None.

    A leaf states its direction; a branch its aggregation and the share of direct members, in [0, 1], that
    must be present. What does not apply to a node stays None.
    """

    code: str
    parent: str | None
    is_leaf: bool
    weight: Decimal | float
    direction: str | None = None
    aggregation: str | None = None
    min_available: Decimal | Fraction | int | None = None


def build_tree(rows: Iterable[TreeRow]) -> Tree:
    """Check the rows and link them; their order does not matter.

    Raises TreeError with the first fault found: codes and parents first, then the shape, then settings.
    """
    by_code = _by_code(rows)
    members = _members(by_code)
    root = _root(by_code)
    order = _top_down(root, members)
    if len(order) < len(by_code):
        raise TreeError("cycle", {"codes": _cycle(by_code, set(order))})
    branches: list[Branch] = []
    leaves: list[Leaf] = []
    for code in reversed(order):
        row = by_code[code]
        if row.is_leaf:
            leaves.append(_leaf(row, members.get(code, [])))
        else:
            branches.append(_branch(row, members.get(code, [])))
    tree = Tree(tuple(branches), tuple(sorted(leaves, key=lambda leaf: leaf.code)))
    for branch in tree.branches:
        _check_weights(branch, [tree.nodes[code].weight for code in branch.members])
    return tree


def _by_code(rows: Iterable[TreeRow]) -> dict[str, TreeRow]:
    by_code: dict[str, TreeRow] = {}
    for row in rows:
        if not row.code:
            raise TreeError("empty_code", {})
        if row.code in by_code:
            raise TreeError("duplicate_code", {"code": row.code})
        by_code[row.code] = row
    return by_code


def _members(by_code: Mapping[str, TreeRow]) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {}
    for code in sorted(by_code):
        parent = by_code[code].parent
        if parent is None:
            continue
        if parent not in by_code:
            raise TreeError("unknown_parent", {"code": code, "parent": parent})
        members.setdefault(parent, []).append(code)
    return members


def _root(by_code: Mapping[str, TreeRow]) -> str:
    roots = sorted(code for code, row in by_code.items() if row.parent is None)
    if not roots:
        raise TreeError("no_root", {})
    if len(roots) > 1:
        raise TreeError("several_roots", {"codes": roots})
    if by_code[roots[0]].is_leaf:
        raise TreeError("root_is_leaf", {"code": roots[0]})
    return roots[0]


def _top_down(root: str, members: Mapping[str, Sequence[str]]) -> list[str]:
    order: list[str] = []
    waiting = [root]
    while waiting:
        code = waiting.pop()
        order.append(code)
        waiting.extend(members.get(code, ()))
    return order


def _cycle(by_code: Mapping[str, TreeRow], reached: set[str]) -> list[str]:
    """The codes of one cycle; every node that the root does not reach hangs below or in one."""
    code = min(set(by_code) - reached)
    path: list[str] = []
    while code not in path:
        path.append(code)
        code = by_code[code].parent or ""
    return path[path.index(code) :]


def _leaf(row: TreeRow, members: Sequence[str]) -> Leaf:
    if members:
        raise TreeError("leaf_with_members", {"code": row.code, "members": list(members)})
    if row.aggregation is not None or row.min_available is not None:
        raise TreeError("setting_not_applicable", {"code": row.code})
    if row.direction is None:
        raise TreeError("leaf_without_direction", {"code": row.code})
    try:
        direction = Direction(row.direction)
    except ValueError:
        raise TreeError("unknown_direction", {"code": row.code, "direction": row.direction}) from None
    assert row.parent is not None
    return Leaf(row.code, row.parent, _weight(row), direction)


def _branch(row: TreeRow, members: Sequence[str]) -> Branch:
    if not members:
        raise TreeError("branch_without_members", {"code": row.code})
    if row.direction is not None:
        raise TreeError("setting_not_applicable", {"code": row.code})
    if row.aggregation is None:
        raise TreeError("branch_without_aggregation", {"code": row.code})
    try:
        aggregation = Aggregation(row.aggregation)
    except ValueError:
        raise TreeError("unknown_aggregation", {"code": row.code, "aggregation": row.aggregation}) from None
    return Branch(row.code, row.parent, _weight(row), aggregation, _min_available(row), tuple(members))


def _weight(row: TreeRow) -> float:
    try:
        weight = float(row.weight)
    except ValueError:  # a signalling NaN
        weight = math.nan
    if not math.isfinite(weight):
        raise TreeError("weight_not_finite", {"code": row.code})
    if weight < 0:
        raise TreeError("weight_negative", {"code": row.code, "weight": str(row.weight)})
    return weight + 0.0


def _min_available(row: TreeRow) -> Fraction:
    """Exact: the nearest float to 0.1 lies above one tenth, and would drop a branch with 1 of 10."""
    if row.min_available is None:
        raise TreeError("branch_without_minimum", {"code": row.code})
    if isinstance(row.min_available, float):
        raise TreeError("minimum_not_exact", {"code": row.code})
    try:
        minimum = Fraction(row.min_available)
    except (ValueError, OverflowError):  # a NaN or an infinite decimal
        minimum = Fraction(-1)
    if not 0 <= minimum <= 1:
        raise TreeError("minimum_out_of_range", {"code": row.code, "minimum": str(row.min_available)})
    return minimum


def _check_weights(branch: Branch, weights: Sequence[float]) -> None:
    positive = [weight for weight in weights if weight > 0]
    if not positive:
        raise TreeError("weights_all_zero", {"code": branch.code, "members": list(branch.members)})
    if max(positive) / WEIGHT_RANGE > min(positive):
        raise TreeError("weights_incomparable", {"code": branch.code, "members": list(branch.members)})
