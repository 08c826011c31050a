"""Sentences, reasons and log entries for people, without a database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, get_args

import pytest

from chassis.schemas import Names
from services.evaluation.engine import Reason as EngineReason
from services.evaluation.runs.decomposition import display, whole
from services.evaluation.runs.log_words import show_log
from services.evaluation.runs.reasons import missing_indicators, own_reasons, show_reason
from services.evaluation.runs.score_schemas import LeafPart, ReasonCode
from services.evaluation.runs.sentences import Standing, explain_score

ZONE = Names(zh="江岸区", en="Jiang'an")


def part(code: str, normalised: float | None, weight: float | None) -> LeafPart:
    return LeafPart(
        code=code,
        parent="ALL",
        name=code,
        names=Names(zh=f"指标{code}", en=f"Indicator {code}"),
        weight=Decimal(1),
        unit="%",
        direction="higher_is_better",
        status=None,
        value=None,
        low=None,
        high=None,
        normalised=normalised,
        effective_weight=weight,
        contribution=None if normalised is None or weight is None else normalised * weight,
        observation=None,
        reference_division=None,
        stands_in=False,
        sources=[],
        note=None,
    )


def dropped(code: str, reason: str, *, is_indicator: bool = False, **more: Any) -> dict[str, Any]:
    counts = {"available": None, "members": None, "required": None, "ancestor": None}
    names = {"zh-Hans": f"名{code}", "en": None}
    return {"code": code, "reason": reason, "names": names, "is_indicator": is_indicator} | counts | more


def test_a_ranked_zone_is_told_what_gave_and_what_cost_most() -> None:
    leaves = [part("A", 100, 0.2), part("B", 50, 0.5), part("C", 0, 0.3), part("D", None, None)]
    text = explain_score(Standing(ZONE, "45.00", 2, 9, 100.0), leaves, [])
    assert text.en == (
        "Jiang'an scored 45.00, rank 2 of 9; most gained by Indicator B (+25.00), Indicator A (+20.00); "
        "most lost by Indicator C (−30.00), Indicator B (−25.00)."
    )
    assert text.zh.startswith("江岸区得分 45.00, 在 9 个中排第 2; 得分最多: 指标B (+25.00)")


def test_the_best_everywhere_lost_nothing() -> None:
    text = explain_score(Standing(ZONE, "100.00", 1, 9, 100.0), [part("A", 100, 1.0)], [])
    assert text.en == "Jiang'an scored 100.00, rank 1 of 9; most gained by Indicator A (+100.00)."


def test_a_shared_half_rank_is_written_as_it_is() -> None:
    text = explain_score(Standing(ZONE, "50.00", 2.5, 9, 100.0), [], [])
    assert text.en == "Jiang'an scored 50.00, rank 2.5 of 9."


def test_a_zone_without_rank_is_told_why() -> None:
    root = dropped("ALL", "below_minimum", available=1, members=4, required=2)
    text = explain_score(Standing(ZONE, None, None, 9, 100.0), [], [show_reason(root, "en")])
    assert text.en == "Jiang'an is not ranked: 名ALL: only 1 of 4 available, at least 2 needed."
    assert text.zh == "江岸区数据不足, 未参与排名: 名ALL: 4 项中只有 1 项可用, 至少需要 2 项。"


def test_every_reason_of_the_engine_has_words() -> None:
    assert set(get_args(ReasonCode)) == {reason.value for reason in EngineReason}
    for reason in EngineReason:
        shown = show_reason(dropped("A", reason.value, members=2, available=0, required=1), "zh-Hans")
        assert "名A" in shown.text.zh
        assert shown.text.en


def test_what_only_follows_from_above_is_no_reason_of_its_own() -> None:
    listed = [
        dropped("ALL", "below_minimum"),
        dropped("A", "not_present", is_indicator=True),
        dropped("B", "constant_indicator", is_indicator=True),
        dropped("C", "ancestor_missing", is_indicator=True, ancestor="ALL"),
    ]
    assert missing_indicators(listed) == ["A", "B"]
    assert [item["code"] for item in own_reasons(listed)] == ["ALL", "A", "B"]


def test_a_log_names_only_visible_zones_and_counts_all() -> None:
    entry = {
        "step": "aggregate",
        "done": "branch_missing",
        "subjects": ["Z1", "Z2", "Z3"],
        "params": {"node": "ENV"},
        "warning": True,
    }
    shown = show_log(entry, {"Z2"})
    assert (shown.subjects, shown.count) == (["Z2"], 3)
    assert shown.text is not None
    assert shown.text.en == "3 zone(s) lack data for ENV"
    assert show_log(entry, None).subjects == ["Z1", "Z2", "Z3"]
    indicators = entry | {"done": "no_values", "subjects": ["GDP"], "params": {}}
    assert show_log(indicators, set()).subjects == ["GDP"]


@pytest.mark.parametrize(("rank", "shown"), [(1.0, "1"), (2.5, "2.5"), (None, "None")])
def test_a_whole_rank_has_no_fraction(rank: float | None, shown: str) -> None:
    assert str(whole(rank)) == shown


def test_a_score_is_displayed_with_two_decimals() -> None:
    assert [display(score) for score in (76.4349, 0.0, None)] == ["76.43", "0.00", None]
