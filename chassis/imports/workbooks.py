"""XLSX, read by a process of its own: a file made to harm ends that process and not the service."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from chassis.imports.cells import MAX_COLUMNS, MAX_ROWS, Line, Sheet, broken, with_header
from chassis.problems import PayloadTooLarge, ServiceUnavailable
from chassis.words import Words

MAX_EXPANDED_BYTES: Final = 300_000_000
MAX_CELLS: Final = 12_000_000  # more would not fit into MAX_EXPANDED_BYTES
MAX_PROCESS_BYTES: Final = 1_500_000_000
MAX_PROCESS_SECONDS: Final = 40
MAX_PROCESSES: Final = 4  # of one service process: each may take a gigabyte

_PROGRAM: Final = Path(__file__).with_name("workbook_process.py")
_TOO_LARGE: Final = {
    "expanded": Words("工作簿解压后过大", "The workbook is too large when unpacked"),
    "cells": Words("工作表的单元格过多", "The sheet has too many cells"),
    "memory": Words("工作簿过大", "The workbook is too large"),
}


_places = threading.BoundedSemaphore(MAX_PROCESSES)


def take_place() -> None:
    """Raises ServiceUnavailable (503) when as many workbooks are open as may be."""
    if not _places.acquire(blocking=False):
        words = Words("同时处理的工作簿过多", "Too many workbooks are being read")
        raise ServiceUnavailable(words, retry_after=5)


@contextmanager
def place_for_process() -> Iterator[None]:
    """One of the few places for processes that hold a workbook. Raises as `take_place`."""
    take_place()
    try:
        yield
    finally:
        _places.release()


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
        take_place()
        self._ended = threading.Lock()
        limits = (MAX_EXPANDED_BYTES, MAX_CELLS, MAX_ROWS, MAX_PROCESS_BYTES, MAX_PROCESS_SECONDS)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own program, its arguments are numbers
                [sys.executable, "-I", str(_PROGRAM), *map(str, limits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},
            )
        except BaseException:
            self._give_place_back()
            raise
        self._deadline = threading.Timer(MAX_PROCESS_SECONDS, self._kill)
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

    def _give_place_back(self) -> None:
        if self._ended.acquire(blocking=False):  # once, whoever comes first
            _places.release()

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._give_place_back()

    def end(self) -> None:
        self._deadline.cancel()
        self._kill()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()


def _too_large(words: Words) -> PayloadTooLarge:
    limits = {"limit_bytes": MAX_EXPANDED_BYTES, "limit_rows": MAX_ROWS, "limit_columns": MAX_COLUMNS}
    return PayloadTooLarge(words, members=limits)
