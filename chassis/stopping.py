"""Knowing early that the process is to stop.

A server waits for open requests before it ends the app's lifespan; a long poll would make it wait in vain.
So the signal itself is noted, and then handed to whoever handled it before.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Stopping:
    """`asked` turns true at the first signal to stop."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Note SIGTERM and SIGINT while the block runs; without effect outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _SIGNALS}

        def note(number: int, frame: FrameType | None) -> None:
            self.asked = True
            handler = before[signal.Signals(number)]
            if callable(handler):
                handler(number, frame)

        # only where a server has its own handler: nobody else's ending is taken away
        handled = [number for number, handler in before.items() if callable(handler)]
        for number in handled:
            signal.signal(number, note)
        try:
            yield
        finally:
            for number in handled:
                signal.signal(number, before[number])
