"""SIGTERM and SIGINT as something to act on between two steps."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class InterruptionError(Exception):
    """A signal asked to stop.

    Attributes:
        signal: which.
    """

    def __init__(self, received: signal.Signals) -> None:
        super().__init__(f"stopped by {received.name}")
        self.signal = received

    def end(self, step: int) -> SystemExit:
        """Tells that the checkpoint of `step` is written; returns how the process then ends.

        The exit status is 128 and the signal's number.
        """
        print(
            f"training {self} at step {step}: a checkpoint is written;"
            " run the same again and it goes on from there",
            flush=True,
        )
        return SystemExit(128 + self.signal)


class Interruption:
    """Remembers the first signal until it is asked for."""

    def __init__(self) -> None:
        self._received: signal.Signals | None = None

    @property
    def number(self) -> int:
        """The number of the signal that came, 0 for none."""
        return self._received or 0

    def check(self) -> None:
        """Raises `InterruptionError` once a signal has come."""
        if self._received is not None:
            raise InterruptionError(self._received)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._received = self._received or signal.Signals(number)


@contextmanager
def catch_signals() -> Iterator[Interruption]:
    """Within, SIGTERM and SIGINT are remembered; the handlers there were come back afterwards.

    Python hands signals to the main thread only; in another one this catches nothing.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.signal(number, interruption._remember) for number in numbers}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
