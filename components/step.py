"""How a step ends when its input is at fault or it is told to stop."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from preprocessing.errors import InputError

PREFIX = "error: "
"""What the line of an error begins with, so that whoever reads the log can show it."""


@contextmanager
def step() -> Iterator[None]:
    """The frame of every component's body.

    An InputError becomes its message on standard error and exit status 1. SIGTERM becomes an
    exception, so that what the step has begun is cleaned up, and exit status 143.
    """
    signal.signal(signal.SIGTERM, _stop)
    try:
        yield
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
