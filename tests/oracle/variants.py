"""Altered copies of a demonstration folder: each changes one thing, so that its effect can be foretold."""

import csv
import json
import shutil
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

from tests.oracle.ranking import PRESENT, read_json, read_rows

Row = dict[str, str]


def scaled(source: Path, target: Path, *, indicator: str, factor: Decimal) -> Path:
    """A copy in which the indicator is told in another unit: values and valid range times `factor` > 0."""
    if factor <= 0:
        raise ValueError("a unit's factor is positive")

    def alter(row: Row) -> Row:
        return row | {"value": times(row["value"], factor)} if row["status"] in PRESENT else row

    def widen(leaf: dict[str, Any]) -> None:
        for bound in ("valid_min", "valid_max"):
            leaf[bound] = None if leaf[bound] is None else times(leaf[bound], factor)

    copy_with_rows(source, target, lambda row: alter(row) if row["indicator"] == indicator else row)
    return with_leaf(target, indicator, widen)


def removed(source: Path, target: Path, *, zone: str, indicator: str) -> Path:
    """A copy in which the zone's value of the indicator is not available."""
    key = (zone, indicator)
    gone = {"status": "not_available", "value": ""}
    return copy_with_rows(
        source, target, lambda row: row | gone if (row["zone"], row["indicator"]) == key else row
    )


def made_equal(source: Path, target: Path, *, indicator: str) -> Path:
    """A copy in which all present values of the indicator equal the first of them."""
    rows = read_rows(source / "observations.csv")
    value = next(row["value"] for row in rows if row["indicator"] == indicator and row["status"] in PRESENT)

    def alter(row: Row) -> Row:
        same = row["indicator"] == indicator and row["status"] in PRESENT
        return row | {"value": value} if same else row

    return copy_with_rows(source, target, alter)


def turned(source: Path, target: Path, *, indicator: str) -> Path:
    """A copy in which the indicator's direction is declared the other way round."""
    opposite = {"higher_is_better": "lower_is_better", "lower_is_better": "higher_is_better"}
    shutil.copytree(source, target)
    return with_leaf(
        target, indicator, lambda leaf: leaf.__setitem__("direction", opposite[leaf["direction"]])
    )


def times(value: str, factor: Decimal) -> str:
    """The product in plain digits, exact: real statistics carry more digits than the default context."""
    with localcontext(prec=60):
        return format(Decimal(value) * factor, "f")


def copy_with_rows(source: Path, target: Path, alter: Callable[[Row], Row]) -> Path:
    """A copy of the folder whose observations went through `alter`, which must change at least one."""
    shutil.copytree(source, target)
    path = target / "observations.csv"
    rows = read_rows(path)
    changed = [alter(row) for row in rows]
    if changed == rows:
        raise ValueError("the variant would equal the original")
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)
    return target


def with_leaf(folder: Path, indicator: str, alter: Callable[[dict[str, Any]], None]) -> Path:
    """The folder itself, after `alter` has changed the indicator's node in its framework."""
    path = folder / "framework.json"
    framework = read_json(path)
    (leaf,) = [node for node in framework["nodes"] if node["code"] == indicator]
    alter(leaf)
    path.write_text(json.dumps(framework, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return folder
