"""Zones are registered, indicators reported, an evaluation scores and ranks; each number is traceable."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sdz.settings import CHECKOUT
from tests.end_to_end.platform_under_test import SAMPLE, Whole
from tests.oracle import variants
from tests.oracle.ranking import rank


def _demo(folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [sys.executable, "-m", "sdz", "demo", "--json", "--data", str(folder)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    zones: list[dict[str, Any]] = json.loads(done.stdout)["zones"]
    return zones


def _assert_equal(zones: list[dict[str, Any]], folder: Path) -> None:
    expected = {item.zone: item for item in rank(folder)}
    assert {zone["zone"] for zone in zones} == set(expected)
    for zone in zones:
        wanted = expected[zone["zone"]]
        assert zone["rank"] == wanted.rank, zone["zone"]
        assert zone["score"] == pytest.approx(wanted.score, abs=1e-9), zone["zone"]
        if wanted.score is not None:
            assert sum(zone["contributions"].values()) == pytest.approx(wanted.score, abs=1e-9)
            assert zone["contributions"] == pytest.approx(wanted.contributions, abs=1e-9)


def test_the_demonstration_ranks_as_a_second_way_computes() -> None:
    _assert_equal(_demo(SAMPLE), SAMPLE)


def test_so_does_an_altered_folder(tmp_path: Path) -> None:
    scaled = variants.scaled(SAMPLE, tmp_path / "1", indicator="GDP-PER-HEAD", factor=Decimal("0.37"))
    removed = scaled
    for step, zone in enumerate(("SDZ-0070", "SDZ-0003", "SDZ-0041")):
        removed = variants.removed(removed, tmp_path / f"2{step}", zone=zone, indicator="TERTIARY-SHARE")
    equal = variants.made_equal(removed, tmp_path / "3", indicator=_indicators()[-1])
    altered = variants.turned(equal, tmp_path / "4", indicator=_indicators()[2])
    _assert_equal(_demo(altered), altered)


def _indicators() -> list[str]:
    nodes = json.loads((SAMPLE / "framework.json").read_text())["nodes"]
    return [node["code"] for node in nodes if "direction" in node and node.get("unit")]


def test_a_score_leads_down_to_the_values_and_their_sources(whole: Whole) -> None:
    with whole.ministry() as office:
        best = office.get(f"/api/v1/scores?run={whole.run_id}&sort=rank&limit=1").json()["items"][0]
        parts = office.get(f"/api/v1/runs/{whole.run_id}/scores/{best['zone']['id']}").json()
        leaf = next(leaf for leaf in parts["leaves"] if leaf["contribution"])
        observation = office.get(f"/api/v1/observations/{leaf['observation']['id']}").json()
        source = office.get(f"/api/v1/sources/code:{leaf['sources'][0]['code']}").json()
    assert sum(leaf["contribution"] or 0 for leaf in parts["leaves"]) == pytest.approx(
        best["score"], abs=1e-9
    )
    assert (observation["value"], observation["version"]) == (leaf["value"], leaf["observation"]["version"])
    assert source["title"] == leaf["sources"][0]["title"]


def test_who_lacks_data_has_no_rank_and_is_told_why(whole: Whole) -> None:
    with whole.ministry() as office:
        items = office.get(f"/api/v1/scores?run={whole.run_id}&sort=rank&limit=500").json()["items"]
    unranked = [item for item in items if item["rank"] is None]
    assert items[-len(unranked) :] == unranked
    assert all(item["score"] is None and item["reasons"] and item["missing_indicators"] for item in unranked)


def test_a_stand_in_says_whose_figures_it_shows(whole: Whole) -> None:
    with whole.ministry() as office:
        answer = office.get("/api/v1/observations?zone=code:SDZ-0001&indicator=TERTIARY-SHARE").json()
    value = answer["items"][0]
    assert (value["status"], value["stands_in"], value["reference_division"]) == ("estimated", True, "110000")


def test_loading_again_changes_nothing(whole: Whole) -> None:
    assert set(whole.first_load) == set(whole.second_load)
    for collection, counts in whole.first_load.items():
        assert counts["created"] == whole.second_load[collection]["unchanged"] > 0, collection
