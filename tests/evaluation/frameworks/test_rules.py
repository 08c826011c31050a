"""Rules of frameworks, without a database."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, get_args

import pytest

from chassis.problems import Conflict, ValidationFailed
from services.evaluation.engine import Aggregation, TreeError
from services.evaluation.frameworks.rules import AGGREGATIONS, check_nodes, check_same_indicator, tree_of
from services.evaluation.frameworks.schemas import AggregationName, NodeIn
from services.evaluation.frameworks.tree_words import TREE_WORDS
from tests.evaluation.builders import branch, leaf


def nodes(*raw: dict[str, Any]) -> list[NodeIn]:
    return [NodeIn.model_validate(node) for node in raw]


def faults(*raw: dict[str, Any]) -> list[tuple[str, str | None]]:
    with pytest.raises(ValidationFailed) as caught:
        check_nodes(nodes(*raw))
    return [(issue.code, issue.pointer) for issue in caught.value.issues]


ROOT = branch("ALL", None)


def test_a_good_tree_passes_and_keeps_exact_minimum_and_weights() -> None:
    good = nodes(ROOT, branch("A", minimum="0.1"), leaf("X", "A", weight="0.25"))
    check_nodes(good)
    tree = tree_of(good)
    assert tree.root.code == "ALL"
    assert str(next(b for b in tree.branches if b.code == "A").min_available) == "1/10"
    assert tree.root.aggregation is Aggregation.WEIGHTED_ARITHMETIC


@pytest.mark.parametrize(
    ("raw", "code", "pointer"),
    [
        ([ROOT, leaf("X"), leaf("X")], "duplicate_code", "#/nodes/2"),
        ([leaf("X", "ALL")], "unknown_parent", "#/nodes/0"),
        ([ROOT, leaf("X"), branch("B", None), leaf("Y", "B")], "several_roots", "#/nodes/2"),
        ([ROOT, leaf("X"), branch("B", "C"), branch("C", "B")], "cycle", "#/nodes/3"),
        ([ROOT, leaf("X"), branch("B")], "branch_without_members", "#/nodes/2"),
        ([ROOT, leaf("X"), leaf("Y", "X")], "leaf_with_members", "#/nodes/1"),
        ([ROOT, leaf("X", direction=None)], "leaf_without_direction", "#/nodes/1"),
        ([ROOT, leaf("X", unit=None)], "leaf_without_unit", "#/nodes/1/unit"),
        ([ROOT, leaf("X", weight="0")], "weights_all_zero", "#/nodes/0"),
        ([ROOT, leaf("X", weight="-1")], "weight_negative", "#/nodes/1"),
        ([branch("ALL", None, minimum="1.5"), leaf("X")], "minimum_out_of_range", "#/nodes/0"),
        ([ROOT | {"min_available": None}, leaf("X")], "branch_without_minimum", "#/nodes/0"),
        ([ROOT | {"aggregation": None}, leaf("X")], "branch_without_aggregation", "#/nodes/0"),
        ([ROOT | {"direction": "higher_is_better"}, leaf("X")], "setting_not_applicable", "#/nodes/0"),
        ([ROOT | {"unit": "%"}, leaf("X")], "setting_not_applicable", "#/nodes/0/unit"),
        ([ROOT, leaf("X", valid_min="9", valid_max="1")], "range_reversed", "#/nodes/1/valid_min"),
        ([branch("A", "B"), branch("B", "A")], "no_root", "#/nodes"),
    ],
)
def test_each_fault_is_told_with_its_node(raw: list[dict[str, Any]], code: str, pointer: str) -> None:
    assert faults(*raw) == [(code, pointer)]


def test_every_finding_of_the_engine_has_words() -> None:
    for code in TREE_WORDS:
        assert TreeError(code, {}).code == code
        assert all(TREE_WORDS[code])
    assert set(AGGREGATIONS) == set(get_args(AggregationName))
    assert set(AGGREGATIONS.values()) == set(Aggregation)


@dataclass
class Stored:
    unit: str = "%"
    valid_min: Decimal | None = Decimal(0)
    valid_max: Decimal | None = Decimal(100)


def test_an_indicator_is_the_same_in_the_same_unit_and_range() -> None:
    (node,) = nodes(leaf("X", valid_min="0.0", valid_max="100.00"))
    check_same_indicator(3, node, Stored())


@pytest.mark.parametrize("more", [{"unit": "t"}, {"valid_min": None}, {"valid_max": "99"}])
def test_an_indicator_in_another_unit_or_range_is_another(more: dict[str, Any]) -> None:
    (node,) = nodes(leaf("X", **more))
    with pytest.raises(Conflict) as caught:
        check_same_indicator(3, node, Stored())
    (issue,) = caught.value.issues
    assert (issue.code, issue.pointer, list(issue.params)) == ("indicator_differs", "#/nodes/3", list(more))
