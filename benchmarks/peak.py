"""The memory of a process and all that it starts, watched while it runs."""

import threading
from pathlib import Path
from types import TracebackType

_SECONDS = 0.1


class Memory:
    """Watches a process and its descendants from `with` on; pages that they share count once.

    Pages of mapped files are left out: the system drops these when it needs the room, and how
    many it keeps says how much memory the machine has, not how much the program needs. Linux
    only; elsewhere the peak stays 0. Source: the fields of /proc/PID/smaps_rollup in proc(5).

    Args:
        pid: of the process.

    Attributes:
        peak: the most bytes seen so far.
    """

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_SECONDS):
            self.peak = max(self.peak, sum(map(_own_bytes, _family(self._pid))))


def _family(pid: int) -> list[int]:
    """Returns a process and its descendants."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    family = [pid]
    for member in family:
        family += children.get(member, [])
    return family


def _own_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    wanted = ("Pss_Anon:", "Pss_Shmem:")
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(wanted))
