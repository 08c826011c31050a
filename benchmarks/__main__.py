"""`python -m benchmarks`, behind `make bench`."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer

from benchmarks import suite
from benchmarks.benchmark import Benchmark, run_rounds, summed_up
from benchmarks.programs import require
from benchmarks.results import section_of, write_section
from benchmarks.world import World
from sdz.trouble import Trouble

RESULTS = Path(__file__).with_name("RESULTS.md")
app = typer.Typer(add_completion=False)


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(suite.__path__))


def load_benchmark(name: str) -> Benchmark:
    """`Trouble` when there is none of this name."""
    if name not in names():
        raise Trouble(f"there is no benchmark {name}", f"known: {', '.join(names())}")
    benchmark = importlib.import_module(f"{suite.__name__}.{name}").BENCHMARK
    assert isinstance(benchmark, Benchmark)
    return benchmark


@app.command()
def bench(
    only: Annotated[str, typer.Option(help="Names of benchmarks, comma-separated; all if empty.")] = "",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds that count.")] = 5,
    seconds: Annotated[int, typer.Option(min=1, help="Seconds of load a case and round.")] = 3,
    rows: Annotated[int, typer.Option(min=1000, help="Rows of a sheet that is imported.")] = 100_000,
    results: Annotated[Path, typer.Option(help="The file that is written.")] = RESULTS,
) -> None:
    """Run benchmarks and write their figures."""
    try:
        chosen = {name: load_benchmark(name) for name in only.split(",") if name} or {
            name: load_benchmark(name) for name in names()
        }
        for benchmark in chosen.values():
            require(benchmark.needs)
        with World(typer.echo, seconds=seconds, rows=rows) as world:
            for name, benchmark in chosen.items():
                typer.echo(f"{name}: {benchmark.title}")
                with benchmark.open(world) as tables:
                    measured = run_rounds(tables, rounds, typer.echo)
                summed = {table: summed_up(cases, benchmark.ratio) for table, cases in measured.items()}
                section = section_of(name, benchmark, summed, rounds, seconds)
                typer.echo(section)
                write_section(results, name, section)
    except Trouble as trouble:
        typer.echo(f"bench: {trouble}", err=True)
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
