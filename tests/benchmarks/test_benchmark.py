"""Rounds, ratios and the file of results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from benchmarks.__main__ import load_benchmark, names
from benchmarks.benchmark import Benchmark, Figures, run_rounds, summed_up
from benchmarks.processes import cpu_seconds, running, with_children
from benchmarks.programs import parse_wrk, require
from benchmarks.results import section_of, write_section
from sdz.free_ports import free_port
from sdz.trouble import Trouble

WRK = """Running 3s test @ http://127.0.0.1:8000/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     6.11ms    2.02ms  33.77ms   88.47%
    Req/Sec     5.29k   393.36     5.97k    70.00%
  Latency Distribution
     50%  850.00us
     75%    6.38ms
     90%    7.62ms
     99%    1.20s
  15810 requests in 3.00s, 1.81MB read
{}Requests/sec:   5264.51
Transfer/sec:    616.93KB
"""


def test_cases_take_turns_and_the_warm_up_does_not_count() -> None:
    order: list[str] = []

    def case(name: str) -> Callable[[], Figures]:
        def run() -> Figures:
            order.append(name)
            return {"seconds": float(len(order))}

        return run

    measured = run_rounds({"t": {"a": case("a"), "b": case("b")}}, 2, lambda line: None)
    assert order == ["a", "b"] * 3
    assert measured == {
        "t": {"a": [{"seconds": 3.0}, {"seconds": 5.0}], "b": [{"seconds": 4.0}, {"seconds": 6.0}]}
    }


def test_a_ratio_compares_within_its_round() -> None:
    """Given a machine that halves its speed in the second round, the ratios show nothing of it."""
    base = [{"r": 100.0}, {"r": 50.0}, {"r": 100.0}]
    half = [{"r": 50.0}, {"r": 25.0}, {"r": 70.0}]
    first, second = summed_up({"bare": base, "ours": half}, "r")
    assert (first.case, first.ratio) == ("bare", (1.0, 1.0, 1.0))
    assert (second.figures["r"], second.ratio) == (50.0, (0.5, 0.5, 0.7))


def test_a_partial_run_replaces_its_own_section_only(tmp_path: Path) -> None:
    file = tmp_path / "RESULTS.md"
    benchmark = Benchmark("first", lambda world: nullcontext({}), "s")
    rows = summed_up({"a": [{"s": 1234.0}], "b": [{"s": 0.5}]}, "s")
    for name in ("reads", "feed"):
        write_section(file, name, section_of(name, benchmark, {"table": rows}, 5, 3))
    write_section(file, "reads", "## reads: second\n\nnew")
    text = file.read_text(encoding="utf-8")
    assert text.count("## ") == 2
    assert text.index("## feed: first") < text.index("## reads: second")
    assert "| a | 1.00 (1.00–1.00) | 1,234 |" in text
    assert text.endswith("second\n\nnew\n")


def test_what_wrk_says_is_read_in_one_unit() -> None:
    assert parse_wrk(WRK.format("")) == {
        "requests/s": 5264.51,
        "p50 ms": 0.85,
        "p99 ms": 1200.0,
        "requests": 15810.0,
    }


@pytest.mark.parametrize("fault", ["  Non-2xx or 3xx responses: 7\n", "  Socket errors: connect 0, read 3\n"])
def test_a_load_that_met_errors_is_no_figure(fault: str) -> None:
    with pytest.raises(Trouble, match="met errors"):
        parse_wrk(WRK.format(fault))


def test_a_missing_program_is_named() -> None:
    with pytest.raises(Trouble, match="no-such-program must be installed"):
        require(["sh", "no-such-program"])


def test_cpu_time_is_that_of_the_process() -> None:
    before = cpu_seconds([os.getpid()])
    while os.times().user + os.times().system < before + 0.1:
        sum(range(10_000))
    assert 0.1 <= cpu_seconds([os.getpid()]) - before + 0.02 < 5


def test_a_process_is_waited_for_and_ended() -> None:
    port = free_port()
    command = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]
    with running(command, port) as pid:
        assert pid in with_children(os.getpid())
    assert pid not in with_children(os.getpid())


def test_a_process_that_never_listens_is_trouble() -> None:
    with pytest.raises(Trouble, match="nothing listens"), running([sys.executable, "-c", ""], free_port()):
        pass


def test_every_module_of_the_suite_declares_a_benchmark() -> None:
    assert "reads" in names()
    for name in names():
        assert load_benchmark(name).title
    with pytest.raises(Trouble, match="there is no benchmark nothing"):
        load_benchmark("nothing")
