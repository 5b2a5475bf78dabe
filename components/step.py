"""How a step begins, and how it ends when its input is at fault or it is told to stop."""

import errno
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from preprocessing.collector import collect_seldom
from preprocessing.errors import InputError

PREFIX = "error: "
"""What the line of an error begins with, so that whoever reads the log can show it."""

_DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EFBIG}


@contextmanager
def step() -> Iterator[None]:
    """The frame of every component's body; what takes long to import is imported within it.

    An InputError, or a disk that is full or may not be written to, becomes one line on standard
    error and exit status 1. SIGTERM becomes an
    exception, so that what the step has begun is cleaned up, and exit status 143.
    """
    collect_seldom()
    handled = threading.current_thread() is threading.main_thread()  # as Python wants it
    before = signal.signal(signal.SIGTERM, _stop) if handled else None
    try:
        yield
    except InputError as error:
        print(f"{PREFIX}{error}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        place = f"{error.filename}: " if error.filename else ""
        cure = "free some space, or name a folder that you may write to"
        print(f"{PREFIX}{place}{error.strerror}; {cure}", file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    finally:
        if before is not None:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)
