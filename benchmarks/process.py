"""Runs a program in a process of its own and says what it took."""

import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.peak import Memory


@dataclass(frozen=True)
class Took:
    """What a process and all that it started took.

    Attributes:
        seconds: from its start to its end.
        cpu_seconds: of all cores, in the program and in the system.
        memory: the peak in bytes, without pages of files, which the system can take back.
        printed: what it wrote to standard output.
    """

    seconds: float
    cpu_seconds: float
    memory: int
    printed: str


def run(command: Sequence[str]) -> Took:
    """Runs a command to its end.

    Raises:
        SystemExit: it failed; its last line of standard error is told.
    """
    before, start = _cpu_seconds(), time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with Memory(process.pid) as memory:
        printed, errors = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        last = (errors.decode(errors="replace").strip() or "no message").splitlines()[-1]
        sys.exit(f"error: {' '.join(command)[:200]} ended with {process.returncode}: {last}")
    return Took(seconds, _cpu_seconds() - before, memory.peak, printed.decode())


def run_python(code: str) -> Took:
    """Runs Python code as `run` does."""
    return run([sys.executable, "-c", code])


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
