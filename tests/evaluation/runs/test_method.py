"""Settings of a run, without a database."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from chassis.problems import ValidationFailed
from services.evaluation.engine import ConstantRule, TieRule
from services.evaluation.runs.method import MethodSettings, engine_method
from tests.evaluation.builders import method


def settings(**more: Any) -> MethodSettings:
    return MethodSettings.model_validate(method(**more))


def test_the_engine_gets_what_was_stated() -> None:
    made = engine_method(settings(ties="dense", tolerance="1e-9", low="-1", constant="mid_scale"))
    assert (made.normalisation.low, made.normalisation.high) == (-1.0, 100.0)
    assert made.normalisation.constant is ConstantRule.MID_SCALE
    assert (made.ranking.tie_rule, made.ranking.tie_tolerance) == (TieRule.DENSE, 1e-9)


@pytest.mark.parametrize("tolerance", ["1e-12", "0", "0.5", Decimal("1E-12"), 0])
def test_a_tolerance_may_be_written_with_an_exponent(tolerance: Any) -> None:
    stated = settings(tolerance=tolerance).ranking.tolerance
    assert float(stated) == float(tolerance)
    assert stated == stated.lower()


@pytest.mark.parametrize("tolerance", ["", "-1e-12", "1e400", "nan", "inf", None, True, "1e-12 "])
def test_what_is_no_tolerance_is_refused(tolerance: Any) -> None:
    with pytest.raises(ValidationError):
        settings(tolerance=tolerance)


@pytest.mark.parametrize("path", ["normalisation", "ranking"])
def test_no_setting_has_a_silent_default(path: str) -> None:
    for name in method()[path]:
        given = method()
        del given[path][name]
        with pytest.raises(ValidationError) as caught:
            MethodSettings.model_validate(given)
        assert [(error["type"], error["loc"]) for error in caught.value.errors()] == [
            ("missing", (path, name))
        ]


@pytest.mark.parametrize(
    ("more", "code", "pointer"),
    [
        ({"low": "100", "high": "100"}, "scale_invalid", "#/method/normalisation"),
        ({"low": "5", "high": "-5"}, "scale_invalid", "#/method/normalisation"),
        ({"tolerance": "1"}, "tolerance_invalid", "#/method/ranking/tolerance"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    more: dict[str, Any], code: str, pointer: str
) -> None:
    with pytest.raises(ValidationFailed) as caught:
        engine_method(settings(**more))
    assert [(issue.code, issue.pointer) for issue in caught.value.issues] == [(code, pointer)]
