"""Closed lists of values that a zone's members take."""

from typing import Final, Literal, get_args

Tier = Literal["national", "provincial"]
Kind = Literal["large_city_district", "prefecture_city", "county", "town", "cross_region"]
State = Literal["candidate", "operating", "exited"]
ExitReason = Literal["eliminated", "withdrawn", "division_change", "merged"]
Relation = Literal["same", "part_of"]

TIERS: Final[tuple[str, ...]] = get_args(Tier)
KINDS: Final[tuple[str, ...]] = get_args(Kind)
STATES: Final[tuple[str, ...]] = get_args(State)
EXIT_REASONS: Final[tuple[str, ...]] = get_args(ExitReason)
RELATIONS: Final[tuple[str, ...]] = get_args(Relation)
