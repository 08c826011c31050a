"""An import beside COPY of the same rows into the same table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice, product
from typing import Any
from uuid import uuid4

import asyncpg
import httpx

from benchmarks.benchmark import Benchmark, Figures, Tables
from benchmarks.processes import cpu_seconds
from benchmarks.world import Running, World

_LEAVES = 20
_COLUMNS = (
    "id",
    "version",
    "created_by",
    "updated_by",
    "zone_id",
    "indicator_id",
    "period",
    "status",
    "value",
)
_STAMPS = (1, "b", "b")


class _Sheets:
    """Rows of which no two rounds have one in common, so that each is an insert."""

    def __init__(self, running: Running, rows: int) -> None:
        self._running, self._rows = running, rows
        with running.api() as api:
            self._zones = {zone["code"]: zone["id"] for zone in api.pages("/zones")}
            api.post("/frameworks", _framework())
            made = api.pages("/indicators", **{"code[prefix]": "BENCH-"})
            self._leaves = {leaf["code"]: leaf["id"] for leaf in made}
        months = (f"{1900 + number // 12}-{number % 12 + 1:02}" for number in count())
        self._cells = product_of(months, list(self._zones), list(self._leaves))
        self._next: list[tuple[str, str, str]] = []

    def copy(self) -> Figures:
        """Rolled back: the import that follows writes the same rows."""
        self._next = list(islice(self._cells, self._rows))
        records = [
            (uuid4(), *_STAMPS, self._zones[zone], self._leaves[leaf], month, "reported", 50)
            for month, zone, leaf in self._next
        ]
        return asyncio.run(self._copy(records))

    async def _copy(self, records: list[tuple[Any, ...]]) -> Figures:
        connection = await asyncpg.connect(self._running.database_url("evaluation"))
        try:
            trial = connection.transaction()
            await trial.start()
            started = time.perf_counter()
            await connection.copy_records_to_table(
                "observation", schema_name="evaluation", columns=_COLUMNS, records=records
            )
            seconds = time.perf_counter() - started
            await trial.rollback()
        finally:
            await connection.close()
        return {"seconds": seconds, "CPU seconds of the service": 0.0}

    def import_(self) -> Figures:
        lines = [f"{zone},{leaf},{month},reported,50" for month, zone, leaf in self._next]
        content = "\n".join(["zone,indicator,period,status,value", *lines, ""]).encode()
        pid = self._running.pid("evaluation")
        token = self._running.internal_token("evaluation", "observation.write")
        headers = {"authorization": f"Bearer {token}", "content-type": "text/csv"}
        busy, started = cpu_seconds([pid]), time.perf_counter()
        answer = httpx.post(
            f"{self._running.url('evaluation')}/api/v1/observations/imports?commit=true",
            content=content,
            headers=headers,
            timeout=600,
            trust_env=False,
        )
        seconds = time.perf_counter() - started
        counts = answer.raise_for_status().json()["counts"]
        assert counts["created"] == self._rows, counts
        return {"seconds": seconds, "CPU seconds of the service": cpu_seconds([pid]) - busy}


def product_of(months: Iterator[str], zones: list[str], leaves: list[str]) -> Iterator[tuple[str, str, str]]:
    """Month by month, since there is no end of months."""
    for month in months:
        for zone, leaf in product(zones, leaves):
            yield month, zone, leaf


def _framework() -> dict[str, Any]:
    root = {
        "code": "ROOT",
        "names": {"zh-Hans": "总指数"},
        "weight": "1",
        "aggregation": "arithmetic",
        "min_available": "0.5",
    }
    leaves = [
        {
            "code": f"BENCH-{number}",
            "parent": "ROOT",
            "names": {"zh-Hans": f"指标{number}"},
            "weight": "1",
            "unit": "%",
            "direction": "higher_is_better",
        }
        for number in range(_LEAVES)
    ]
    return {"code": "BENCH", "names": {"zh-Hans": "性能对比"}, "nodes": [root, *leaves]}


@contextmanager
def _open(world: World) -> Iterator[Tables]:
    with world.new_platform(SDZ_EVALUATION_MAX_IMPORT_BYTES="100000000") as running:
        sheets = _Sheets(running, world.rows)
        yield {f"{world.rows:,} observations": {"COPY": sheets.copy, "import": sheets.import_}}


BENCHMARK = Benchmark(
    title="an import beside COPY",
    open=_open,
    ratio="seconds",
    note=(
        "Both write new rows into one table with its indexes and foreign keys. The import also reads the "
        "CSV, checks each row, looks up what it names, and keeps the report, the file and the audit records."
    ),
)
