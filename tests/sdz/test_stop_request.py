"""How a wish to stop arrives."""

import os
import signal
import time

from sdz.stop_request import StopRequest, stop_on_signals


def test_a_signal_ends_the_wait_at_once() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop_on_signals() as stop:
        assert not stop.wait(0)
        os.kill(os.getpid(), signal.SIGTERM)
        started = time.monotonic()
        assert stop.wait(30)
        assert time.monotonic() - started < 5
        assert stop.count == 1
    assert signal.getsignal(signal.SIGTERM) == before


def test_any_number_of_wishes_is_one_wish() -> None:
    stop = StopRequest()
    for _ in range(100_000):  # more than a pipe holds
        stop.ask()
    assert stop.wait(0)
    stop.close()
