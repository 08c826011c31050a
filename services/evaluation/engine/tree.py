"""The framework tree: branches that aggregate their members, leaves that are indicators."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from functools import cached_property


class Direction(StrEnum):
    """Which way an indicator is good."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"

    @property
    def sign(self) -> float:
        """The factor after which more is better."""
        return 1.0 if self is Direction.HIGHER_IS_BETTER else -1.0


class Aggregation(StrEnum):
    """How a branch makes one score of its members' scores."""

    WEIGHTED_ARITHMETIC = "weighted_arithmetic"


@dataclass(frozen=True)
class Leaf:
    """An indicator in its place; `weight` is relative to its siblings."""

    code: str
    parent: str
    weight: float
    direction: Direction


@dataclass(frozen=True)
class Branch:
    """An inner node. The root has no parent, and its weight weighs against nothing.

    `members` are the codes of the direct members in ascending order: the order of computation, so that
    sums do not depend on the order in which a framework was written down.
    """

    code: str
    parent: str | None
    weight: float
    aggregation: Aggregation
    min_available: Fraction
    members: tuple[str, ...]

    @property
    def required(self) -> int:
        """How many direct members must be present: the least count with count / members >= min_available."""
        needed = self.min_available * len(self.members)
        return -(-needed.numerator // needed.denominator)


@dataclass(frozen=True)
class Tree:
    """A well-formed framework, as `build_tree` makes it.

    `branches` come bottom-up (members before their branch, the root last); `leaves` in order of code.
    Kept flat, so that depth costs no recursion.
    """

    branches: tuple[Branch, ...]
    leaves: tuple[Leaf, ...]

    @property
    def root(self) -> Branch:
        """The node whose score ranks the units."""
        return self.branches[-1]

    @cached_property
    def nodes(self) -> Mapping[str, Branch | Leaf]:
        """Every node by its code."""
        nodes: dict[str, Branch | Leaf] = {leaf.code: leaf for leaf in self.leaves}
        nodes.update((branch.code, branch) for branch in self.branches)
        return nodes
