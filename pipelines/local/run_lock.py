"""A lock that the process of a run holds: it goes when the process does, however that ends."""

import fcntl
from pathlib import Path
from typing import TextIO

LOCK_FILE = ".lock"


def hold_lock(folder: Path) -> TextIO:
    """Locks a run's folder until the returned file is closed or the process ends.

    The processes of the steps do not inherit it: Python closes its files in what it starts.
    """
    file = (folder / LOCK_FILE).open("w")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


def is_locked(folder: Path) -> bool:
    """Says whether a process holds the lock of a run's folder."""
    try:
        with (folder / LOCK_FILE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
