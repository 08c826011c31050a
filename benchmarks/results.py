"""`RESULTS.md`: one section a benchmark; a run replaces the sections of what it ran and no other."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.benchmark import Benchmark, Row

_HEAD = """# Results of `make bench`

Written by the command; `make bench ONLY=name` replaces one section. Medians over the rounds; `ratio` divides
by the first row's figure of the same round (lowest–highest in parentheses). Ratios travel to other machines,
absolute figures do not; a load far above the number of cores says that others used the machine.
"""
_VERSIONS = ("uvicorn", "asyncpg", "sqlalchemy", "fastapi", "msgspec", "pyreqwest")


def write_section(file: Path, name: str, section: str) -> None:
    """Replace the section of `name`, or add it in alphabetical order."""
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    parts = re.split(r"^(?=## )", old, flags=re.MULTILINE)[1:]
    sections = {part[3:].split(":")[0].strip(): part.strip() for part in parts} | {name: section.strip()}
    whole = [_HEAD.strip(), *(sections[key] for key in sorted(sections))]
    file.write_text("\n\n".join(whole) + "\n", encoding="utf-8")


def section_of(
    name: str, benchmark: Benchmark, tables: Mapping[str, Sequence[Row]], rounds: int, seconds: int
) -> str:
    """The section in Markdown."""
    lines = [f"## {name}: {benchmark.title}", ""]
    if benchmark.note:
        lines += [benchmark.note, ""]
    lines += [f"{_circumstances()}; {rounds} rounds of {seconds} s; ratio of {benchmark.ratio}.", ""]
    for title, rows in tables.items():
        figures = list(dict.fromkeys(figure for row in rows for figure in row.figures))
        lines += [f"**{title}**", "", _line(["case", "ratio", *figures]), _line(["---"] * (2 + len(figures)))]
        for row in rows:
            shown = [_number(row.figures[figure]) if figure in row.figures else "" for figure in figures]
            middle, low, high = row.ratio
            lines.append(_line([row.case, f"{middle:.2f} ({low:.2f}–{high:.2f})", *shown]))
        lines.append("")
    return "\n".join(lines)


def _circumstances() -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in _VERSIONS)
    machine = f"{_processor()}, {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f}"
    system = f"{platform.system()} {platform.release().split('-')[0]}, CPython {platform.python_version()}"
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; {machine}; {system}, {versions}"


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _number(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
