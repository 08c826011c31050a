"""The programs that measurements need beside Python."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping

from sdz.trouble import Trouble

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def require(programs: Iterable[str]) -> None:
    """`Trouble` naming each that is not installed."""
    missing = [name for name in programs if shutil.which(name) is None]
    if missing:
        raise Trouble(
            f"{' and '.join(missing)} must be installed for this benchmark",
            f"Debian: apt install {' '.join(missing)}",
        )


def wrk(
    url: str, *, headers: Mapping[str, str] | None = None, seconds: int = 3, connections: int = 32
) -> dict[str, float]:
    """Load `url` from one thread; requests/s, and latency in ms.

    `Trouble` when any answer was not 2xx or 3xx, or a connection failed: such figures would tell nothing.
    """
    given = [part for name, value in (headers or {}).items() for part in ("-H", f"{name}: {value}")]
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *given, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return parse_wrk(done.stdout)


def parse_wrk(output: str) -> dict[str, float]:
    """The figures in what wrk says."""
    for fault in ("Non-2xx or 3xx responses", "Socket errors"):
        if fault in output:
            line = next(line.strip() for line in output.splitlines() if fault in line)
            raise Trouble(f"the load met errors: {line}", "look into the service's log")
    per_second = re.search(r"Requests/sec:\s+([\d.]+)", output)
    total = re.search(r"(\d+) requests in", output)
    quantiles = dict(re.findall(r"^\s+(50|99)%\s+([\d.]+(?:us|ms|s|m))\s*$", output, re.MULTILINE))
    if per_second is None or total is None or len(quantiles) != 2:
        raise Trouble("wrk said nothing that is understood", f"its output: {output[:200]}")
    return {
        "requests/s": float(per_second[1]),
        "p50 ms": _milliseconds(quantiles["50"]),
        "p99 ms": _milliseconds(quantiles["99"]),
        "requests": float(total[1]),
    }


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([a-z]+)", text).groups()  # type: ignore[union-attr]  # as found above
    return float(number) * _UNITS[unit]
