"""What a framework must be: the engine's rules of the tree, told with the place of each fault."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from chassis.problems import Conflict, Issue, ValidationFailed
from chassis.words import Words
from services.evaluation.engine import Aggregation, Tree, TreeError, TreeRow, build_tree
from services.evaluation.frameworks.schemas import AggregationName, NodeIn, NodeOut
from services.evaluation.frameworks.tree_words import TREE_WORDS

# The API's name of an aggregation, and the engine's.
AGGREGATIONS: Mapping[AggregationName, Aggregation] = {"arithmetic": Aggregation.WEIGHTED_ARITHMETIC}

_LEAF_UNIT = Words("指标须有单位", "An indicator needs a unit")
_LEAF_ONLY = Words(
    "只有指标才有单位、有效范围和定义", "Only an indicator has unit, valid range and definition"
)
_RANGE = Words("有效范围的下限大于上限", "The valid range ends before it begins")


class IndicatorRange(Protocol):
    """What two uses of an indicator must agree on."""

    @property
    def unit(self) -> str: ...
    @property
    def valid_min(self) -> Decimal | None: ...
    @property
    def valid_max(self) -> Decimal | None: ...


def tree_of(nodes: Iterable[NodeIn | NodeOut]) -> Tree:
    """The engine's tree; raises TreeError."""
    return build_tree(
        TreeRow(
            code=node.code,
            parent=node.parent,
            is_leaf=node.aggregation is None and node.min_available is None,
            weight=node.weight,
            direction=node.direction,
            aggregation=AGGREGATIONS[node.aggregation].value if node.aggregation else None,
            min_available=node.min_available,
        )
        for node in nodes
    )


def check_nodes(nodes: Sequence[NodeIn]) -> None:
    """Raise ValidationFailed (422) that points to each node at fault, or to the tree's fault."""
    issues = [issue for index, node in enumerate(nodes) for issue in _own_faults(index, node)]
    if not issues:
        try:
            tree_of(nodes)
            return
        except TreeError as error:
            issues = [_tree_issue(error, nodes)]
    raise ValidationFailed(issues[0].detail, issues=issues)


def _own_faults(index: int, node: NodeIn) -> list[Issue]:
    place = f"#/nodes/{index}"
    if not node.is_leaf:
        given = [
            name
            for name in ("unit", "valid_min", "valid_max", "definition")
            if getattr(node, name) is not None
        ]
        return [Issue("setting_not_applicable", _LEAF_ONLY, pointer=f"{place}/{name}") for name in given]
    if node.direction is not None and node.unit is None:
        return [Issue("leaf_without_unit", _LEAF_UNIT, pointer=f"{place}/unit")]
    if node.valid_min is not None and node.valid_max is not None and node.valid_min > node.valid_max:
        return [Issue("range_reversed", _RANGE, pointer=f"{place}/valid_min")]
    return []


def _tree_issue(error: TreeError, nodes: Sequence[NodeIn]) -> Issue:
    """Points to the last node of the code at fault: of two with one code, the second is one too many."""
    code = error.params.get("code")
    if code is None:
        listed = error.params.get("codes")
        code = listed[-1] if isinstance(listed, list) and listed else None
    places = [index for index, node in enumerate(nodes) if node.code == code]
    pointer = f"#/nodes/{places[-1]}" if places else "#/nodes"
    return Issue(error.code, TREE_WORDS[error.code], pointer=pointer, params=dict(error.params))


def check_same_indicator(index: int, node: NodeIn, stored: IndicatorRange) -> None:
    """Raise Conflict (409) where `node` defines a known indicator in another unit or range."""
    given = {"unit": node.unit, "valid_min": node.valid_min, "valid_max": node.valid_max}
    known = {"unit": stored.unit, "valid_min": stored.valid_min, "valid_max": stored.valid_max}
    if given == known:
        return
    words = Words(
        f"指标 {node.code} 已存在, 但单位或有效范围不同",
        f"The indicator {node.code} exists with another unit or range",
    )
    differing = {
        name: {"given": _shown(given[name]), "stored": _shown(known[name])}
        for name in given
        if given[name] != known[name]
    }
    raise Conflict(
        words, issues=[Issue("indicator_differs", words, pointer=f"#/nodes/{index}", params=differing)]
    )


def _shown(value: Decimal | str | None) -> str | None:
    return format(value, "f") if isinstance(value, Decimal) else value
