"""XLSX, read by a process of its own: a file made to harm ends that process and not the service."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.imports.cells import MAX_COLUMNS, MAX_ROWS, Line, Sheet, broken, with_header
from chassis.problems import PayloadTooLarge
from chassis.words import Words

MAX_EXPANDED_BYTES: Final = 300_000_000
MAX_CELLS: Final = 12_000_000  # more would not fit into MAX_EXPANDED_BYTES
MAX_PROCESS_BYTES: Final = 1_500_000_000
MAX_PROCESS_SECONDS: Final = 40

_PROGRAM: Final = Path(__file__).with_name("workbook_process.py")
_TOO_LARGE: Final = {
    "expanded": Words("工作簿解压后过大", "The workbook is too large when unpacked"),
    "cells": Words("工作表的单元格过多", "The sheet has too many cells"),
    "memory": Words("工作簿过大", "The workbook is too large"),
}


def xlsx_sheet(content: bytes, rename: Callable[[str], str]) -> Sheet:
    """The first sheet. Raises PayloadTooLarge (413) or MalformedRequest (400) for a broken file."""
    reading = _Reading(content)
    try:
        name = reading.first()["sheet"]
        return with_header(name, reading.lines(), rename, reading.end)
    except BaseException:
        reading.end()
        raise


class _Reading:
    """The process and what it says. It is ended when its time is over, whatever it does."""

    def __init__(self, content: bytes) -> None:
        limits = (MAX_EXPANDED_BYTES, MAX_CELLS, MAX_ROWS, MAX_PROCESS_BYTES, MAX_PROCESS_SECONDS)
        self._process = subprocess.Popen(  # noqa: S603  # our own program, its arguments are numbers
            [sys.executable, "-I", str(_PROGRAM), *map(str, limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
        )
        self._deadline = threading.Timer(MAX_PROCESS_SECONDS, self._process.kill)
        self._deadline.daemon = True
        self._deadline.start()
        assert self._process.stdin is not None  # as asked for
        with suppress(BrokenPipeError):  # it ended; what it said, or did not say, tells why
            self._process.stdin.write(content)
            self._process.stdin.close()

    def first(self) -> dict[str, str]:
        said = self._said()
        assert isinstance(said, dict)  # the first line always is
        return said

    def lines(self) -> Iterator[Line]:
        while (said := self._said()) is not None:
            for number, cells, marks in said:
                yield Line(number, cells, [(column, code) for column, code in marks])
        self.end()

    def _said(self) -> Any:
        """The next line; None at the end of one that ended well."""
        assert self._process.stdout is not None  # as asked for
        line = self._process.stdout.readline()
        if not line.endswith(b"\n"):
            if self._process.wait() == 0 and not line:
                return None
            raise _too_large(_TOO_LARGE["memory"])  # it ran out of memory or time
        said = msgspec.json.decode(line)
        if isinstance(said, dict) and (why := said.get("fault")):
            if why in _TOO_LARGE:
                raise _too_large(_TOO_LARGE[why])
            raise broken("工作簿无法读取", "The workbook cannot be read")
        return said

    def end(self) -> None:
        self._deadline.cancel()
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


def _too_large(words: Words) -> PayloadTooLarge:
    limits = {"limit_bytes": MAX_EXPANDED_BYTES, "limit_rows": MAX_ROWS, "limit_columns": MAX_COLUMNS}
    return PayloadTooLarge(words, members=limits)
