"""A lock that a process holds on a file: it goes when the process does, however that ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from preprocessing.errors import InputError
from preprocessing.progress import report_note

PATIENCE_SECONDS = 60
"""How long the other process may take: one whose run was killed writes its checkpoints and ends."""


@contextmanager
def locked(path: Path, busy: str = "") -> Iterator[None]:
    """Holds a lock while the body runs.

    Args:
        path: of the lock's file, which is made and stays.
        busy: what to tell if another process holds it for longer than a minute, whose number is
            put behind; "" to wait for however long it does.

    Raises:
        InputError: another process holds it, and there is something to tell.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        if busy:
            _take(file, busy)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        with suppress(OSError):  # the lock holds on a full disk too
            file.truncate(0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield


def _take(file: TextIO, busy: str) -> None:
    """Takes the lock, from a process that ends within the time that it may."""
    end = time.monotonic() + PATIENCE_SECONDS
    told = False
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            file.seek(0)
            holder = file.read()
        if time.monotonic() >= end:
            raise InputError(f"{busy} (process {holder})")
        if not told:
            report_note(f"waiting for process {holder} to end, which works on this too")
            told = True
        time.sleep(0.2)
