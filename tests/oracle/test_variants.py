"""What a change of the real folder must do to its ranking, and what it must leave alone."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.oracle.ranking import Ranked, rank
from tests.oracle.variants import made_equal, removed, scaled, turned

SAMPLE = Path(__file__).parents[2] / "sampledata"
LEAF = "SO2-INTENSITY"
FIRST = "SDZ-0070"  # Shenzhen


def by_zone(folder: Path) -> dict[str, Ranked]:
    return {result.zone: result for result in rank(folder)}


@pytest.fixture(scope="module")
def original() -> dict[str, Ranked]:
    return by_zone(SAMPLE)


def test_the_real_ranking_makes_sense(original: dict[str, Ranked]) -> None:
    ranked = [result for result in original.values() if result.rank is not None]
    without = {zone for zone, result in original.items() if result.rank is None}

    assert (len(ranked), ranked[0].zone, ranked[-1].zone) == (69, FIRST, "SDZ-0023")
    assert without == {"SDZ-0027", "SDZ-0052", "SDZ-0056", "SDZ-0064", "SDZ-0068", "SDZ-0078"}
    for result in ranked:
        assert result.score is not None
        assert 0 <= result.score <= 100
        assert sum(result.contributions.values()) == pytest.approx(result.score, abs=1e-9)


def test_zones_shown_with_the_same_city_share_a_rank(original: dict[str, Ranked]) -> None:
    chenzhou = [original[zone] for zone in ("SDZ-0005", "SDZ-0050", "SDZ-0053", "SDZ-0071")]

    assert {(result.rank, result.score) for result in chenzhou} == {(chenzhou[0].rank, chenzhou[0].score)}
    assert chenzhou[0].rank == 32


def test_another_unit_changes_no_score(original: dict[str, Ranked], tmp_path: Path) -> None:
    changed = by_zone(scaled(SAMPLE, tmp_path / "d", indicator=LEAF, factor=Decimal("0.1")))

    for zone, result in original.items():
        assert changed[zone].score == pytest.approx(result.score, abs=1e-9)
        assert changed[zone].rank == result.rank


def test_a_factor_that_is_not_positive_is_no_unit(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="positive"):
        scaled(SAMPLE, tmp_path / "d", indicator=LEAF, factor=Decimal(-1))


def test_a_turned_direction_takes_from_the_cleanest(original: dict[str, Ranked], tmp_path: Path) -> None:
    changed = by_zone(turned(SAMPLE, tmp_path / "d", indicator=LEAF))

    # Shenzhen emits least for its output: all the points of the leaf go.
    assert original[FIRST].contributions[LEAF] == pytest.approx(10.8)
    assert changed[FIRST].contributions[LEAF] == 0
    assert changed[FIRST].score == pytest.approx(float(original[FIRST].score or 0) - 10.8)


def test_a_removed_value_is_missing_and_not_zero(original: dict[str, Ranked], tmp_path: Path) -> None:
    changed = by_zone(removed(SAMPLE, tmp_path / "d", zone="SDZ-0023", indicator="WASTE-TREATED"))

    # The value was the lowest of all (0 points): without it the rest of the branch counts for more.
    assert changed["SDZ-0023"].lacks == ("WASTE-TREATED",)
    assert (changed["SDZ-0023"].score or 0) > (original["SDZ-0023"].score or 0)


def test_equal_values_take_the_indicator_out_for_all(original: dict[str, Ranked], tmp_path: Path) -> None:
    changed = by_zone(made_equal(SAMPLE, tmp_path / "d", indicator=LEAF))

    assert all(LEAF in result.lacks and LEAF not in result.contributions for result in changed.values())
    # Its sibling takes the whole weight of the branch: 0.3 × 0.6 × 100 points at best.
    assert changed[FIRST].contributions["NOX-INTENSITY"] == pytest.approx(18.0)
    assert len([r for r in changed.values() if r.rank]) == len([r for r in original.values() if r.rank])


def test_a_variant_that_would_change_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="equal the original"):
        removed(SAMPLE, tmp_path / "d", zone="SDZ-0027", indicator=LEAF)
