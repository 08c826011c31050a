"""What a benchmark is, and how its rounds are run and summed up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from benchmarks.world import World

# Name of a figure, with its unit, to its value.
Figures: TypeAlias = Mapping[str, float]
# One round of one case: does the work and says what it measured.
Case: TypeAlias = Callable[[], Figures]
# Title of a table to its cases by name; the first case of a table is its yardstick.
Tables: TypeAlias = Mapping[str, Mapping[str, Case]]


@dataclass(frozen=True)
class Benchmark:
    """Declaration of a benchmark; a module of `benchmarks.suite` holds one as `BENCHMARK`.

    `open` prepares, yields the tables and cleans up. `ratio` is the figure that is divided by the yardstick's
    of the same round. `needs` names programs that must be installed.
    """

    title: str
    open: Callable[[World], AbstractContextManager[Tables]]
    ratio: str
    note: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """A case over all rounds: medians, and the ratio to the yardstick as (median, lowest, highest)."""

    case: str
    figures: Figures
    ratio: tuple[float, float, float]


def run_rounds(
    tables: Tables, rounds: int, say: Callable[[str], None]
) -> Mapping[str, Mapping[str, Sequence[Figures]]]:
    """Run every case once a round, in turn, so that what disturbs the machine disturbs all of them alike.

    A round that is not counted goes before.
    """
    counted: dict[str, dict[str, list[Figures]]] = {
        table: {case: [] for case in cases} for table, cases in tables.items()
    }
    for number in range(rounds + 1):
        for table, name, case in _all_cases(tables):
            figures = case()
            say(f"  {f'round {number}' if number else 'warm-up'}  {table} · {name}: {_shown(figures)}")
            if number:
                counted[table][name].append(figures)
    return counted


def summed_up(rounds: Mapping[str, Sequence[Figures]], ratio: str) -> list[Row]:
    """One table's rows; `rounds` holds the figures of each case, the yardstick first."""
    yardstick = next(iter(rounds.values()))
    rows = []
    for case, measured in rounds.items():
        ratios = [figures[ratio] / base[ratio] for figures, base in zip(measured, yardstick, strict=True)]
        medians = {name: median(figures[name] for figures in measured) for name in measured[0]}
        rows.append(Row(case, medians, (median(ratios), min(ratios), max(ratios))))
    return rows


def _all_cases(tables: Tables) -> Iterator[tuple[str, str, Case]]:
    for table, cases in tables.items():
        for name, case in cases.items():
            yield table, name, case


def _shown(figures: Figures) -> str:
    return ", ".join(f"{value:.4g} {name}" for name, value in figures.items())
