"""The wish to stop, as it comes from Ctrl-C, the terminal or a supervisor."""

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType


class StopRequest:
    """Remembers that a stop was asked for, and lets a wait end early because of it.

    The handler only notes and wakes: an exception raised in the midst of starting a child could lose it.
    """

    def __init__(self) -> None:
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self.count = 0

    @property
    def asked(self) -> bool:
        return self.count > 0

    def ask(self) -> None:
        self.count += 1
        with suppress(BlockingIOError):  # a full pipe wakes as well
            os.write(self._wake_write, b"!")

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until a stop is asked for; whether it was."""
        if not self.asked:
            select.select([self._wake_read], [], [], seconds)
        return self.asked

    def close(self) -> None:
        os.close(self._wake_read)
        os.close(self._wake_write)


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """A request that SIGINT, SIGTERM and SIGHUP make while the block runs."""
    request = StopRequest()

    def note(number: int, frame: FrameType | None) -> None:
        request.ask()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        request.close()
