"""Shuts a process off from all but its own folder and processor, as far as the system can."""

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.battle.isolation_landlock import restrict_files
from models.battle.isolation_seccomp import restrict_calls
from models.battle.limits import Limits

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE = 1, 4
_OPEN_FILES = 64
_READ_BY_TENSORFLOW = (Path("/dev/urandom"), Path("/proc/self/cmdline"))  # when it starts up
_OOM_SCORE = Path("/proc/self/oom_score_adj")


@dataclass(frozen=True)
class Isolation:
    """What the system shut off.

    Attributes:
        calls: system calls but the harmless ones: no network, processes, writing, signals.
        files: all files but those of its own folder.
    """

    calls: bool
    files: bool

    def told(self) -> list[str]:
        """Returns in lines for people what this system cannot shut off; none, if it can do all."""
        parts = [
            (self.calls, "the network"),
            (self.calls, "other processes"),
            (self.calls, "writing"),
            (self.files, "reading all but its own files"),
            (sys.platform == "linux", "memory beyond the limit"),
        ]
        left = ", ".join(what for done, what in parts if not done)
        return [f"the sandbox cannot shut off here: {left}"] if left else []


def isolate(folder: Path, limits: Limits) -> Isolation:
    """Shuts this process off, for good; it must have one thread and nothing open that it may not.

    Args:
        folder: what it may read; nothing can be written.
        limits: on memory and processor time.
    """
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    _limit(resource.RLIMIT_FSIZE, 0, 0)
    _limit(resource.RLIMIT_CORE, 0, 0)
    _limit(resource.RLIMIT_NOFILE, _OPEN_FILES, _OPEN_FILES)
    _limit(resource.RLIMIT_DATA, limits.memory_bytes, limits.memory_bytes)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        parent = os.getppid()
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was asked
            os._exit(1)
        with suppress(OSError):  # should memory run out, this goes first, not the match
            _OOM_SCORE.write_text("1000")
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    files = restrict_files([folder, *_READ_BY_TENSORFLOW])
    return Isolation(calls=restrict_calls(), files=files)


def _limit(what: int, soft: int, hard: int) -> None:
    """Lowers a limit; one that is lower already stays."""
    _, present = resource.getrlimit(what)
    if present != resource.RLIM_INFINITY:
        hard = min(hard, present)
    resource.setrlimit(what, (min(soft, hard), hard))
