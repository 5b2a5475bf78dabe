"""A lock that a process holds on a file: it goes when the process does, however that ends."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from preprocessing.errors import InputError


@contextmanager
def locked(path: Path, busy: str = "") -> Iterator[None]:
    """Holds a lock while the body runs.

    Args:
        path: of the lock's file, which is made and stays.
        busy: what to tell if another process holds it, whose number is put behind; "" to wait
            for that.

    Raises:
        InputError: another process holds it, and there is something to tell.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (fcntl.LOCK_NB if busy else 0))
        except BlockingIOError:
            file.seek(0)
            raise InputError(f"{busy} (process {file.read()})") from None
        with suppress(OSError):  # the lock holds on a full disk too
            file.truncate(0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield
