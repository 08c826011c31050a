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
        _explain(console, title, decomposition)
        for leaf in decomposition["leaves"]:
            sources |= {source["code"]: source["title"] for source in leaf["sources"]}
    for code, title in sources.items():
        console.print(f"source 来源 {code}: {title}", markup=False)


def _table(ranking: Ranking) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("rank 名次", "score 得分", "code", "zone 实验区", ""):
        table.add_column(heading, justify="right" if heading[0] in "rs" else "left")
    scores = ranking.ranked
    hidden = len(scores) - 2 * _SHOWN_AT_EACH_END
    for place, score in enumerate(scores):
        if hidden > 0 and place == _SHOWN_AT_EACH_END:
            table.add_row(
                "…", "…", "", f"{hidden} more: GET /api/v1/scores?run={ranking.run['id']}&sort=rank", ""
            )
        if hidden <= 0 or not _SHOWN_AT_EACH_END <= place < _SHOWN_AT_EACH_END + hidden:
            table.add_row(
                f"{score['rank']:g}", score["display"], score["zone"]["code"], score["zone"]["name"], ""
            )
    for score in ranking.unranked:
        table.add_row("–", "–", score["zone"]["code"], score["zone"]["name"], "lacks data 数据不足")
    return table


def _explain(console: Console, title: str, decomposition: dict[str, Any]) -> None:
    console.print(
        f"\n{title}: {decomposition['zone']['name']} ({decomposition['zone']['code']})", style="bold"
    )
    console.print(decomposition["explanation"]["zh-Hans"], markup=False)
    console.print(decomposition["explanation"].get("en") or "", markup=False)
    table = Table(box=None, header_style="dim")
    for heading in (
        "indicator 指标",
        "value 数值",
        "of the set 范围",
        "weight 权重",
        "points 得分",
        "figures of 数据所属",
    ):
        table.add_column(heading, justify="left" if heading[0] in "if" else "right")
    for leaf in decomposition["leaves"]:
        if leaf["contribution"] is not None:
            sign = "↑" if leaf["direction"] == "higher_is_better" else "↓"
            table.add_row(
                f"{leaf['name']} {sign}",
                f"{leaf['value']} {leaf['unit']}",
                f"{leaf['low']:g} – {leaf['high']:g}",
                f"{leaf['effective_weight']:.3f}",
                f"{leaf['contribution']:.2f}",
                f"{leaf['reference_division']} (stands in 代替)" if leaf["stands_in"] else "its own 自身",
            )
    if table.row_count:
        console.print(table)
