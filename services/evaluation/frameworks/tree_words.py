"""The engine's findings about a tree, in words for people."""

from __future__ import annotations

from collections.abc import Mapping

from chassis.words import Words
from services.evaluation.engine import ErrorCode

TREE_WORDS: Mapping[ErrorCode, Words] = {
    "empty_code": Words("代码不得为空", "The code must not be empty"),
    "duplicate_code": Words("代码重复", "The code stands twice"),
    "no_root": Words("没有根节点 (parent 为空的节点)", "No node is the root (has no parent)"),
    "several_roots": Words("只能有一个根节点", "Only one node may be the root"),
    "root_is_leaf": Words("根节点不能是指标", "The root cannot be an indicator"),
    "unknown_parent": Words("没有以 parent 为代码的节点", "No node has the code that parent names"),
    "cycle": Words("节点互为上级, 形成循环", "These nodes are each other's parents"),
    "branch_without_members": Words("分组之下没有节点", "The branch has no members"),
    "branch_without_aggregation": Words("分组须说明汇总方法", "A branch states its aggregation"),
    "branch_without_minimum": Words(
        "分组须说明最低可用比例 (min_available)", "A branch states its min_available"
    ),
    "leaf_with_members": Words("指标之下不能有节点", "An indicator cannot have members"),
    "leaf_without_direction": Words("指标须说明方向", "An indicator states its direction"),
    "unknown_aggregation": Words("未知的汇总方法", "Unknown aggregation"),
    "unknown_direction": Words("未知的方向", "Unknown direction"),
    "setting_not_applicable": Words("此设置不适用于该节点", "This setting does not apply to the node"),
    "weight_not_finite": Words("权重应为有限数", "The weight must be finite"),
    "weight_negative": Words("权重不得为负", "The weight must not be negative"),
    "weights_all_zero": Words("下属节点的权重不能全为零", "The members' weights cannot all be zero"),
    "weights_incomparable": Words("下属节点的权重相差过大", "The members' weights lie too far apart"),
    "minimum_not_exact": Words("min_available 应为十进制数", "min_available must be a decimal"),
    "minimum_out_of_range": Words("min_available 应在 0 与 1 之间", "min_available lies between 0 and 1"),
}
