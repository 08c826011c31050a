"""The sample data keeps what its README promises."""

import re
import unicodedata
from collections import Counter
from decimal import Context, Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from tests.oracle.ranking import PRESENT, read_json, read_rows, read_tree

SAMPLE = Path(__file__).parents[2] / "sampledata"
TABLES = sorted(SAMPLE.glob("*.csv"))
ZONES = {row["code"]: row for row in read_rows(SAMPLE / "zones.csv")}
OBSERVATIONS = read_rows(SAMPLE / "observations.csv")
NODES = read_json(SAMPLE / "framework.json")["nodes"]
LEAVES = {node["code"]: node for node in NODES if "unit" in node}
DERIVED = re.compile(r"derived: \w+ (?P<over>[\d.]+) / \w+ (?P<under>[\d.]+)(?: \* (?P<times>\d+))?(?:;|$)")


def divisions() -> dict[str, list[dict[str, str]]]:
    by_code: dict[str, list[dict[str, str]]] = {}
    for row in read_rows(SAMPLE / "divisions.csv"):
        by_code.setdefault(row["code"], []).append(row)
    return by_code


DIVISIONS = divisions()


def standing(code: str, edition: str) -> dict[str, str]:
    """The one division that bore the code in the edition."""
    (found,) = [
        row
        for row in DIVISIONS.get(code, [])
        if row["first_edition"] <= edition and (row["gone_by_edition"] or "999999") > edition
    ]
    return found


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_every_cell_is_clean_text(path: Path) -> None:
    assert b"\r" not in path.read_bytes()
    for row in read_rows(path):
        for column, cell in row.items():
            assert cell == unicodedata.normalize("NFC", cell).strip(), (column, row)
            assert not re.search(r"[\x00-\x1f\x7f]", cell), (column, row)
            assert cell[:1] not in tuple("=+-@"), (column, row)


@pytest.mark.parametrize("name", ["sources", "zones", "projects", "achievements"])
def test_codes_are_unique(name: str) -> None:
    codes = Counter(row["code"] for row in read_rows(SAMPLE / f"{name}.csv"))

    assert [code for code, times in codes.items() if times > 1] == []


@pytest.mark.parametrize("name", ["divisions", "zones", "projects", "achievements", "observations"])
def test_every_row_names_known_sources(name: str) -> None:
    known = {row["code"] for row in read_rows(SAMPLE / "sources.csv")}

    for row in read_rows(SAMPLE / f"{name}.csv"):
        assert set(row["source"].split(";")) <= known, row


def test_a_division_code_means_one_thing_at_a_time() -> None:
    for rows in DIVISIONS.values():
        for earlier, later in pairwise(sorted(rows, key=lambda row: row["first_edition"])):
            assert earlier["first_edition"] < earlier["gone_by_edition"] <= later["first_edition"]


def test_divisions_are_those_of_the_standard() -> None:
    assert all(
        re.fullmatch(r"(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[12])\d{4}", c) for c in DIVISIONS
    )


@pytest.mark.parametrize("zone", ZONES.values(), ids=lambda zone: zone["code"])
def test_a_zone_stands_in_a_division_of_the_named_edition(zone: dict[str, str]) -> None:
    division = standing(zone["division_code"], zone["division_edition"])
    province = standing(zone["division_code"][:2] + "0000", zone["division_edition"])

    assert zone["name_zh"].startswith(province["name"])
    assert zone["division_relation"] in {"same", "part_of"}
    if zone["division_relation"] == "same":
        assert division["name"] in zone["name_zh"]


def test_states_follow_what_the_sources_say() -> None:
    assert Counter(zone["state"] for zone in ZONES.values()) == {"operating": 73, "exited": 3, "candidate": 2}
    for zone in ZONES.values():
        assert (zone["state"] == "exited") == (zone["exit_reason"] == "division_change")


@pytest.mark.parametrize("name", ["projects", "achievements"])
def test_what_is_linked_to_a_zone_is_linked_to_one_that_exists(name: str) -> None:
    assert {row["zone"] for row in read_rows(SAMPLE / f"{name}.csv")} <= set(ZONES) | {""}


def test_a_budget_has_a_currency() -> None:
    for row in read_rows(SAMPLE / "projects.csv"):
        assert (row["budget"] == "") == (row["currency"] == "")
        assert row["budget"] == "" or (row["budget"].isdigit() and row["currency"] == "CNY")


def test_the_framework_is_one_tree_with_complete_nodes() -> None:
    root = read_tree(NODES)

    assert {leaf.code for leaf in root.leaves()} == set(LEAVES)
    assert sum(leaf.lower_is_better for leaf in root.leaves()) >= 2
    for node in NODES:
        members = {"aggregation", "min_available"} if node["code"] not in LEAVES else set()
        kind = members or {"unit", "direction", "valid_min", "valid_max", "definition"}
        assert set(node) == {"code", "parent", "names", "weight"} | kind
        assert set(node["names"]) == {"zh-Hans", "en"}
    for parent in {node["parent"] for node in NODES}:
        assert sum(Decimal(node["weight"]) for node in NODES if node["parent"] == parent) == 1


def test_every_zone_that_has_not_left_has_a_row_for_every_indicator() -> None:
    keys = Counter((row["zone"], row["indicator"]) for row in OBSERVATIONS)
    staying = {code for code, zone in ZONES.items() if zone["state"] != "exited"}

    assert set(keys) == {(zone, leaf) for zone in staying for leaf in LEAVES}
    assert set(keys.values()) == {1}
    assert {row["period"] for row in OBSERVATIONS} == {read_json(SAMPLE / "cycle.json")["period"]}


def test_a_value_is_given_exactly_where_the_status_says_so_and_is_possible() -> None:
    for row in OBSERVATIONS:
        assert (row["value"] != "") == (row["status"] in PRESENT), row
        if row["value"]:
            assert re.fullmatch(r"\d{1,20}(\.\d{1,18})?", row["value"]), row
            leaf = LEAVES[row["indicator"]]
            assert Decimal(row["value"]) >= Decimal(leaf["valid_min"]), row
            assert leaf["valid_max"] is None or Decimal(row["value"]) <= Decimal(leaf["valid_max"]), row


def test_a_figure_of_another_place_says_so() -> None:
    for row in OBSERVATIONS:
        zone = ZONES[row["zone"]]
        place = standing(row["reference_division"], zone["division_edition"])
        own = zone["division_relation"] == "same" and zone["division_code"] == row["reference_division"]
        if row["status"] in PRESENT:
            assert row["status"] == ("reported" if own else "estimated"), row
            assert (f"stands in: figures of {place['name']}" in row["note"]) == (not own), row
        else:
            assert f"no figures of {place['name']}" in row["note"], row


def test_a_derived_value_follows_from_the_figures_in_its_note() -> None:
    context = Context(prec=12)
    checked = 0
    for row in OBSERVATIONS:
        if found := DERIVED.search(row["note"]):
            over = Decimal(found["over"]) * int(found["times"] or 1)
            assert Decimal(row["value"]) == context.divide(over, Decimal(found["under"])), row
            checked += 1
    assert checked == 6 * 69
