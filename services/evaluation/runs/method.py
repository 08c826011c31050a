"""The settings of a run as they are stated on the wire, and what the engine makes of them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.decimals import DecimalString
from chassis.problems import Issue, ValidationFailed
from chassis.schemas import In
from chassis.words import Words
from services.evaluation.engine import Bounds, ConstantRule, Method, MethodError, MinMax, Ranking, TieRule

_TOLERANCE = re.compile(r"[0-9](\.[0-9]{1,18})?(e-[0-9]{1,2})?")
_TOLERANCE_WORDS = Words("应为如 1e-12 或 0 的数", "Must be a number like 1e-12 or 0")
_PLACES = {"scale_invalid": "#/method/normalisation", "tolerance_invalid": "#/method/ranking/tolerance"}
_WORDS = {
    "scale_invalid": Words("low 须小于 high", "low must be less than high"),
    "tolerance_invalid": Words("应不小于 0 且小于 1", "Must be at least 0 and less than 1"),
}

NormalisationName = Literal["min_max"]
BoundsName = Literal["current_set"]
ConstantName = Literal["missing", "mid_scale"]
TiesName = Literal["minimum", "maximum", "average", "dense"]


def _tolerance(value: object) -> str:
    if isinstance(value, (Decimal, int)) and not isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str) or not _TOLERANCE.fullmatch(value):
        raise PydanticCustomError("tolerance", _TOLERANCE_WORDS.en, {"words": _TOLERANCE_WORDS})
    return value


class NormalisationSettings(In):
    """Min-max from the bounds of the zones in the run to [low, high]."""

    method: NormalisationName
    low: DecimalString
    high: DecimalString
    bounds: BoundsName
    constant: ConstantName


class RankingSettings(In):
    """The rule for ties, and the relative difference up to which scores tie."""

    ties: TiesName
    tolerance: Annotated[
        str, BeforeValidator(_tolerance), WithJsonSchema({"type": "string", "examples": ["1e-12"]})
    ]


class MethodSettings(In):
    """Every setting is stated: none has a default, since each can change a verdict."""

    normalisation: NormalisationSettings
    ranking: RankingSettings


def engine_method(settings: MethodSettings) -> Method:
    """The engine's settings; 422 where they contradict themselves."""
    scale, ranking = settings.normalisation, settings.ranking
    try:
        return Method(
            MinMax(
                low=float(scale.low),
                high=float(scale.high),
                bounds=Bounds(scale.bounds),
                constant=ConstantRule(scale.constant),
            ),
            Ranking(TieRule(ranking.ties), float(ranking.tolerance)),
        )
    except MethodError as error:
        words = _WORDS[error.code]
        issue = Issue(error.code, words, pointer=_PLACES[error.code], params=dict(error.params))
        raise ValidationFailed(words, issues=[issue]) from error
