"""How a step ends when its input is at fault: one line, no stack trace, status 1."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from preprocessing.errors import InputError

PREFIX = "error: "
"""What the line begins with, so that whoever reads the log can show it."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turns an InputError into its message on standard error and exit status 1."""
    try:
        yield
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
