"""The ranking of a run, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from sdz.demonstration.api import Api

_SHOWN_AT_EACH_END = 15


@dataclass(frozen=True)
class Ranking:
    """A run and its scores as the API answers them, best first and the unranked last."""

    run: dict[str, Any]
    scores: list[dict[str, Any]]

    @property
    def ranked(self) -> list[dict[str, Any]]:
        return [score for score in self.scores if score["rank"] is not None]

    @property
    def unranked(self) -> list[dict[str, Any]]:
        return [score for score in self.scores if score["rank"] is None]

    def telling(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The first place, the last place and one that lacks data, as far as there are such."""
        if self.ranked:
            yield "first place 第一名", self.ranked[0]
        if len(self.ranked) > 1:
            yield "last place 最后一名", self.ranked[-1]
        if self.unranked:
            yield "lacks data 数据不足", self.unranked[0]


def read_ranking(api: Api, run: dict[str, Any]) -> Ranking:
    return Ranking(run, list(api.pages("scores", run=run["id"], sort="rank")))


def read_decomposition(api: Api, score: dict[str, Any]) -> dict[str, Any]:
    decomposition: dict[str, Any] = api.get(f"runs/{score['run']['id']}/scores/{score['zone']['id']}")
    return decomposition


def as_json(api: Api, ranking: Ranking) -> dict[str, Any]:
    """Every score with the contributions of its indicators, which add up to it."""
    zones = []
    for score in ranking.scores:
        decomposition = read_decomposition(api, score)
        leaves = decomposition["leaves"]
        zones.append(
            {
                "zone": score["zone"]["code"],
                "name": score["zone"]["name"],
                "rank": score["rank"],
                "score": score["score"],
                "contributions": {
                    leaf["code"]: leaf["contribution"] for leaf in leaves if leaf["contribution"] is not None
                },
                "missing_indicators": score["missing_indicators"],
                "explanation": decomposition["explanation"],
            }
        )
    return {"run": ranking.run, "zones": zones}


def show(console: Console, api: Api, ranking: Ranking) -> None:
    """The table, why three zones stand where they stand, and where the figures come from."""
    run = ranking.run
    counts = run["counts"]
    console.print(
        f"\n{run['cycle']['names']['zh-Hans']} / {run['cycle']['names'].get('en') or run['cycle']['code']}"
        f"  ({run['period']}): {counts['zones']} zones, {counts['ranked']} ranked, "
        f"{counts['not_ranked']} without a rank\n",
        markup=False,
    )
    console.print(_table(ranking))
    sources: dict[str, str] = {}
    for title, score in ranking.telling():
        decomposition = read_decomposition(api, score)
        _explain(console, title, decomposition, float(run["method"]["normalisation"]["high"]))
        for leaf in decomposition["leaves"]:
            sources |= {source["code"]: source["title"] for source in leaf["sources"]}
    for code, title in sources.items():
        console.print(f"source 来源 {code}: {title}", markup=False)


def _table(ranking: Ranking) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("rank 名次", "score 得分", "code 代码", "zone 实验区"):
        table.add_column(heading, justify="right" if heading[0] in "rs" else "left")
    scores = ranking.ranked
    hidden = range(_SHOWN_AT_EACH_END, len(scores) - _SHOWN_AT_EACH_END)
    for place, score in enumerate(scores):
        if place not in hidden:
            name = score["zone"]["name"]
            table.add_row(f"{score['rank']:g}", score["display"], score["zone"]["code"], name)
        elif place == hidden.start:
            table.add_row(
                "…", "…", "", f"{len(hidden)} more: /api/v1/scores?run={ranking.run['id']}&sort=rank"
            )
    for score in ranking.unranked:
        table.add_row("–", "–", score["zone"]["code"], score["zone"]["name"])
    return table


def _explain(console: Console, title: str, decomposition: dict[str, Any], scale_high: float) -> None:
    console.print(
        f"\n{title}: {decomposition['zone']['name']} ({decomposition['zone']['code']})", style="bold"
    )
    console.print(decomposition["explanation"]["zh-Hans"], markup=False)
    console.print(decomposition["explanation"].get("en") or "", markup=False)
    table = Table(box=None, header_style="dim")
    table.add_column("indicator 指标")
    table.add_column("value 数值", justify="right", no_wrap=True)
    table.add_column("points 得分", justify="right", no_wrap=True)
    used = [leaf for leaf in decomposition["leaves"] if leaf["contribution"] is not None]
    for leaf in used:
        sign = "↑" if leaf["direction"] == "higher_is_better" else "↓"
        most = leaf["effective_weight"] * scale_high
        table.add_row(
            f"{sign} {leaf['name']}",
            f"{float(leaf['value']):.6g} {leaf['unit']}",
            f"{leaf['contribution']:.2f} / {most:.2f}",
        )
    if used:
        console.print(table)
    if borrowed := sorted({leaf["reference_division"] for leaf in used if leaf["stands_in"]}):
        console.print(f"figures of {', '.join(borrowed)} stand in 以该地区数据代替", markup=False)
