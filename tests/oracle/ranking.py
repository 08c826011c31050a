"""The ranking of a demonstration folder, computed from its files alone.

Exact rational arithmetic with the standard library: nothing here rounds before the last step, so that
a difference from the platform's answer is the platform's. Method: min-max normalisation and weighted
arithmetic means after OECD/JRC, *Handbook on Constructing Composite Indicators* (2008).
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

PRESENT = frozenset({"reported", "estimated"})
Column = dict[str, Fraction]
"""Values by zone; a zone that lacks the value is not in it."""


@dataclass(frozen=True)
class Ranked:
    """One zone's result; `contributions` are in score points by leaf and add up to `score`.

    `score`, `rank` are None and `contributions` empty where too little is known. `lacks` names the leaves
    without a normalised value, in the framework's order: not observed, or constant over the whole set.
    """

    zone: str
    score: float | None
    rank: int | None
    contributions: dict[str, float]
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A node of the framework; a leaf has no children, its `min_available` means nothing."""

    code: str
    weight: Fraction
    min_available: Fraction
    lower_is_better: bool
    children: tuple["Node", ...]

    def leaves(self) -> list["Node"]:
        """The leaves below this node (itself, if it is one), in the framework's order."""
        return [leaf for child in self.children for leaf in child.leaves()] if self.children else [self]


def rank(folder: Path) -> list[Ranked]:
    """Every zone that has not left, best first, those without a score last; zone codes order equals.

    Raises ValueError where the folder asks for a method other than min-max over the present set with
    constants missing, arithmetic means and the minimum rank for ties.
    """
    method = read_json(folder / "run.json")["method"]
    low, high, tolerance = declared(method)
    root = read_tree(read_json(folder / "framework.json")["nodes"])
    zones = [row["code"] for row in read_rows(folder / "zones.csv") if row["state"] != "exited"]
    observed = read_values(folder, read_json(folder / "cycle.json")["period"], frozenset(zones))
    leaves = root.leaves()
    scaled = {leaf.code: normalised(leaf, observed.get(leaf.code, {}), low, high) for leaf in leaves}

    scores: dict[str, Fraction] = {}
    parts: dict[str, dict[str, float]] = {}
    for zone in zones:
        own = {code: column[zone] for code, column in scaled.items() if zone in column}
        weights = effective_weights(root, own)
        if weights is None:
            continue
        shares = {code: weight * own[code] for code, weight in weights.items()}
        scores[zone] = sum(shares.values(), Fraction(0))
        parts[zone] = {code: float(share) for code, share in shares.items()}
    ranks = competition_ranks(scores, tolerance)
    ordered = sorted(zones, key=lambda zone: (zone not in ranks, ranks.get(zone, 0), zone))
    return [
        Ranked(
            zone=zone,
            score=float(scores[zone]) if zone in scores else None,
            rank=ranks.get(zone),
            contributions=parts.get(zone, {}),
            lacks=tuple(leaf.code for leaf in leaves if zone not in scaled[leaf.code]),
        )
        for zone in ordered
    ]


def declared(method: Mapping[str, Any]) -> tuple[Fraction, Fraction, Fraction]:
    """The scale's low and high end and the relative tie tolerance that a run declares."""
    scale, ranking = method["normalisation"], method["ranking"]
    known = {"method": "min_max", "bounds": "current_set", "constant": "missing"}
    if any(scale[key] != value for key, value in known.items()) or ranking["ties"] != "minimum":
        raise ValueError(f"a method that is not checked here: {method}")
    return Fraction(scale["low"]), Fraction(scale["high"]), Fraction(ranking["tolerance"])


def read_tree(nodes: Iterable[Mapping[str, Any]]) -> Node:
    """The root of a framework given as a list of nodes with the codes of their parents."""
    below: dict[str | None, list[Mapping[str, Any]]] = {}
    for node in nodes:
        below.setdefault(node["parent"], []).append(node)

    def build(node: Mapping[str, Any]) -> Node:
        children = tuple(build(child) for child in below.get(node["code"], []))
        if children and node["aggregation"] != "arithmetic":
            raise ValueError(f"{node['code']}: {node['aggregation']} is not checked here")
        return Node(
            code=node["code"],
            weight=Fraction(node["weight"]),
            min_available=Fraction(node["min_available"]) if children else Fraction(0),
            lower_is_better=not children and node["direction"] == "lower_is_better",
            children=children,
        )

    (root,) = below[None]
    return build(root)


def read_values(folder: Path, period: str, zones: frozenset[str]) -> dict[str, Column]:
    """What is known of the evaluated zones in the period, by indicator and zone."""
    columns: dict[str, Column] = {}
    for row in read_rows(folder / "observations.csv"):
        if row["period"] == period and row["zone"] in zones and row["status"] in PRESENT:
            columns.setdefault(row["indicator"], {})[row["zone"]] = Fraction(row["value"])
    return columns


def normalised(leaf: Node, column: Column, low: Fraction, high: Fraction) -> Column:
    """The column on [low, high], best at high; empty where all its values are equal."""
    turned = {zone: -value if leaf.lower_is_better else value for zone, value in column.items()}
    if not turned or min(turned.values()) == max(turned.values()):
        return {}
    worst, best = min(turned.values()), max(turned.values())
    return {zone: low + (value - worst) / (best - worst) * (high - low) for zone, value in turned.items()}


def effective_weights(node: Node, own: Mapping[str, Fraction]) -> dict[str, Fraction] | None:
    """The weight of each present leaf in the node's mean (they add up to one); None: node missing.

    A node whose share of present direct members equals its minimum is still present.
    """
    if not node.children:
        return {node.code: Fraction(1)} if node.code in own else None
    below = [(child, effective_weights(child, own)) for child in node.children]
    present = [(child.weight, weights) for child, weights in below if weights is not None]
    total = sum((weight for weight, _ in present), Fraction(0))
    if total == 0 or Fraction(len(present), len(below)) < node.min_available:
        return None
    return {code: weight / total * w for weight, weights in present for code, w in weights.items()}


def competition_ranks(scores: Mapping[str, Fraction], tolerance: Fraction) -> dict[str, int]:
    """Ranks 1, 1, 3 …: descending; a score ties with the first of its group, not with its neighbour."""
    ranks: dict[str, int] = {}
    head: tuple[Fraction, int] | None = None
    for place, zone in enumerate(sorted(scores, key=lambda z: -scores[z]), start=1):
        score = scores[zone]
        if head is None or abs(head[0] - score) > tolerance * max(abs(head[0]), abs(score)):
            head = (score, place)
        ranks[zone] = head[1]
    return ranks


def read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; its members are typed by what the demonstration's README says of the file."""
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded
