"""What is left to a process that is shut off."""

import ctypes
import json
import mmap
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.battle.isolation import Isolation, isolate
from models.battle.limits import Limits

ROOT = Path(__file__).parents[3]
PARENT = os.getppid()
_CLONE_NEWUSER = 0x10000000
_PR_SET_SECCOMP, _F_SETOWN, _PROT_EXEC = 22, 8, 4
_MADV_MERGEABLE = 12  # refused as HWPOISON is, which is no test


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "mine").write_text("mine")
    (tmp_path / "others").write_text("others")
    return folder


def isolated(folder: Path, function: Callable[[], Any]) -> Any:
    """Returns what a function here returns in a process that is shut off, or its error's name."""
    code = f"from {__name__} import in_child; in_child({str(folder)!r}, {function.__name__!r})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    return json.loads(done.stdout)


def in_child(folder: str, function: str) -> None:
    os.chdir(folder)
    isolate(Path(folder), Limits(memory_gib=1))
    try:
        told = globals()[function]()
    except BaseException as error:
        told = type(error).__name__
    os.write(1, json.dumps(told).encode())
    os._exit(0)


def call(name: str, *arguments: Any) -> None:
    """Calls a function of the C library, which may not be in `os`."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


REFUSED: dict[str, Callable[[], Any]] = {
    "a socket": lambda: socket.socket(),
    "a socket pair": lambda: socket.socketpair(),
    "a process": lambda: os.fork(),
    "a program": lambda: os.execv("/bin/true", ["true"]),
    "a signal to another": lambda: os.kill(PARENT, 0),
    "a signal through a file": lambda: call("fcntl", 0, _F_SETOWN, PARENT),
    "a trace of another": lambda: call("ptrace", 16, PARENT, 0, 0),
    "another's limits": lambda: resource.prlimit(PARENT, resource.RLIMIT_CPU, (1, 1)),
    "its own limits": lambda: resource.setrlimit(resource.RLIMIT_CPU, (1, 1)),
    "a file to write": lambda: Path("new").touch(),
    "its file to write": lambda: Path("mine").write_text(""),
    "a file without a name": lambda: os.open(".", os.O_TMPFILE | os.O_RDWR),
    "a file in memory": lambda: os.memfd_create("x"),
    "another's file": lambda: Path("../others").read_text(),
    "a system file": lambda: Path("/etc/passwd").read_text(),
    "its environment": lambda: Path("/proc/self/environ").read_text(),
    "another's environment": lambda: Path(f"/proc/{PARENT}/environ").read_text(),
    "another's folder": lambda: list(Path("..").iterdir()),
    "a removed file": lambda: Path("mine").unlink(),
    "a renamed file": lambda: Path("mine").rename("yours"),
    "a link": lambda: Path("yours").symlink_to("mine"),
    "a folder": lambda: Path("new").mkdir(),
    "other rights": lambda: Path("mine").chmod(0o777),
    "a namespace": lambda: call("unshare", _CLONE_NEWUSER),
    "another filter": lambda: call("prctl", _PR_SET_SECCOMP, 2, None, 0, 0),
    "shared memory": lambda: mmap.mmap(-1, 4096),
    "machine code": lambda: mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, _PROT_EXEC),
    "broken memory": lambda: mmap.mmap(-1, 4096, mmap.MAP_PRIVATE).madvise(_MADV_MERGEABLE),
    "more memory than its limit": lambda: len(bytearray(2 << 30)),
}


def attempts() -> list[str]:
    done = []
    for name, do in REFUSED.items():
        try:
            do()
            done.append(name)
        except (OSError, MemoryError, ValueError):
            pass
    return done


def compute() -> list[Any]:
    found: list[Any] = [Path("mine").read_text(), [path.name for path in Path().iterdir()]]
    thread = threading.Thread(target=lambda: found.append(sum(range(10))))
    thread.start()
    thread.join()
    return found


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")
def test_only_computing_is_left(own: Path) -> None:
    assert isolated(own, attempts) == []
    assert [path.name for path in own.iterdir()] == ["mine"]


def test_it_may_read_its_own_and_start_threads(own: Path) -> None:
    assert isolated(own, compute) == ["mine", ["mine"], 45]


def test_it_may_end_itself(own: Path) -> None:
    code = f"""
import os
from pathlib import Path
from models.battle.isolation import isolate
from models.battle.limits import Limits
isolate(Path({str(own)!r}), Limits())
os.abort()
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == -signal.SIGABRT


def test_only_what_is_missing_is_told() -> None:
    assert Isolation(calls=True, files=True).told() == []
    assert Isolation(calls=True, files=False).told() == [
        "the sandbox cannot shut off here: reading all but its own files"
    ]
