"""Sends what a library prints to a file, so that the screen keeps what the user asked for."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_STDERR = 2


@contextlib.contextmanager
def printed_to(path: Path) -> Iterator[None]:
    """Appends to `path` what is printed within, also what C++ prints past `sys.stderr`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    before = os.dup(_STDERR)
    try:
        with (
            path.open("a", buffering=1) as file,
            contextlib.redirect_stdout(file),
            contextlib.redirect_stderr(file),
        ):
            os.dup2(file.fileno(), _STDERR)
            yield
    finally:
        os.dup2(before, _STDERR)
        os.close(before)
