"""Processor-bound work in processes of its own: warm, one task at a time each, killed without harm.

`concurrent.futures` cannot end one task: its pool breaks when a process dies. Here a process belongs to one
task; after a cancellation it is killed and another is started when it is needed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import pickle
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnContext
from multiprocessing.process import BaseProcess
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
Report = Callable[[int, int | None, str], None]
# a process that holds locks of the server (its pool, its logs) must not be copied: spawned, never forked
_SPAWN: SpawnContext = multiprocessing.get_context("spawn")


class ComputationLost(Exception):
    """The process that computed is gone: killed, or out of memory."""


class Processes:
    """Up to `most` processes, started when they are needed and kept warm until `close`."""

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)
        self._idle: list[_Child] = []
        self._closed = False

    async def run(
        self,
        report: Report,
        function: Callable[Concatenate[Report, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """`function(report, …)` in the next process that is free.

        Raises what it raises, or ComputationLost.
        """
        task = pickle.dumps((function, args, kwargs))
        async with self._free:
            # started by the loop's own thread: some systems tie a child to the thread that made it
            child = self._idle.pop() if self._idle else _Child()
            healthy = False
            try:
                answer = await child.ask(task, report)
                healthy = True
            finally:
                if healthy and not self._closed:
                    self._idle.append(child)
                else:
                    child.kill()
        kind, value = answer
        if kind == "raised":
            raise value
        return cast(T, value)

    def close(self) -> None:
        """End the idle ones; those at work end with their tasks."""
        self._closed = True
        while self._idle:
            self._idle.pop().kill()


class _Child:
    """A process and the pipe to it."""

    def __init__(self) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process: BaseProcess = _SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self._listening = False
        theirs.close()

    async def ask(self, task: bytes, report: Report) -> tuple[str, Any]:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[tuple[str, Any]] = loop.create_future()

        def said(kind: str, value: Any) -> None:
            if answer.done():
                return
            if kind == "progress":
                report(*value)
            else:
                answer.set_result((kind, value))

        def listen() -> None:
            try:
                self._pipe.send_bytes(task)
                kind = "progress"
                while kind == "progress":
                    kind, value = pickle.loads(self._pipe.recv_bytes())  # noqa: S301  # from our own child
                    loop.call_soon_threadsafe(said, kind, value)
                self._listening = False
            except (EOFError, OSError):
                self._pipe.close()
                lost = ComputationLost("the process that computed has ended")
                loop.call_soon_threadsafe(said, "raised", lost)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more

        self._listening = True
        # a thread of its own: the loop's default ones are few, and this one may stay for minutes
        threading.Thread(target=listen, name="computing", daemon=True).start()
        return await answer

    def kill(self) -> None:
        self._process.kill()
        self._process.join()
        if not self._listening:  # else the thread sees the end, and nobody closes under its hands
            self._pipe.close()


def _serve(pipe: Connection) -> None:
    """What a child does: one task after the other, until its parent is gone, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()

    def report(done: int, total: int | None = None, stage: str = "") -> None:
        pipe.send_bytes(pickle.dumps(("progress", (done, total, stage))))

    while True:
        try:
            function, args, kwargs = pickle.loads(pipe.recv_bytes())  # noqa: S301  # from our own parent
        except EOFError:
            return
        try:
            answer = pickle.dumps(("done", function(report, *args, **kwargs)))
        except Exception as error:
            answer = _raised(error)
        pipe.send_bytes(answer)


def _raised(error: Exception) -> bytes:
    """The error as it is, if it survives the way, else what it says."""
    try:
        answer = pickle.dumps(("raised", error))
        pickle.loads(answer)  # noqa: S301  # what we have just written
    except Exception:
        return pickle.dumps(("raised", RuntimeError(repr(error))))
    return answer
