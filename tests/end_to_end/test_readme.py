"""The calls that the README prints work as printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sdz.settings import CHECKOUT
from tests.end_to_end.platform_under_test import Whole


def _calls(readme: str) -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", (CHECKOUT / readme).read_text(encoding="utf-8"), re.DOTALL)
    return [block for block in blocks if "curl" in block]


def _token(whole: Whole, secret: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sdz", "token", "--url", whole.url, "--secret-file", str(secret)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_five_calls_work_as_printed(whole: Whole, readme: str) -> None:
    token = _token(whole, whole.platform.folders.secrets / "demo_client_secret")
    answers: list[Any] = []
    for call in _calls(readme):
        script = f"TOKEN={token}\n" + call.replace("http://127.0.0.1:8000", whole.url)
        done = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
        answers.append(json.loads(done.stdout))
    zones, region, ranking, view, preview = answers
    assert len(zones["items"]) == 3
    assert region["type"] == "FeatureCollection"
    assert len(region["features"]) > 10
    assert [score["rank"] for score in ranking["items"]] == [1, 2, 2, 4, 5]
    assert (view["partial"], view["zone"]["code"], view["latest_score"]["zone"]["code"]) == (
        False,
        "SDZ-0071",
        "SDZ-0071",
    )
    assert preview["mode"] == "dry_run"
    assert [
        (row["row"], row["issues"][0]["code"], row["issues"][0]["column"]) for row in preview["rows"]
    ] == [(3, "out_of_range", "E")]


def test_both_readmes_print_the_same_calls() -> None:
    assert _calls("README.md") == _calls("README.zh-CN.md")
    assert len(_calls("README.md")) == 5


def test_the_administrator_gets_a_token_too(whole: Whole) -> None:
    with whole.admin() as admin:
        me = admin.get("/api/v1/me").json()
    assert me["username"] == "admin"
    assert "account.manage" in me["permissions"]
    assert "zone.write" not in me["permissions"]
