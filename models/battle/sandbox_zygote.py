"""The process of which every player is forked: TensorFlow is imported here, and nothing is run.

It is started by `Sandbox` with an empty environment, and does what it is told over a socket, a line
of JSON each. When the socket closes, whatever the reason, it ends all players, removes the scratch
folder and ends.
"""

import gc
import json
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from models.battle.isolation import Isolation, isolate
from models.battle.limits import Limits

_PATIENCE = 0.5
_LONGEST = 1 << 16
_NUMBERS = 1 << 16
"""More than the open files that this process ever has."""


def main() -> None:
    """Serves the socket whose number is the first argument; the scratch folder is the second."""
    control, scratch = socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    players: set[int] = set()
    try:
        from models.battle.sandbox_player import play  # takes seconds

        gc.freeze()  # so that a player's rubbish collection does not copy all of this
        isolation = _try_isolation(scratch)
        _tell(control, isolation=asdict(isolation))
        while True:
            line, sockets, _, _ = socket.recv_fds(control, _LONGEST, 1)
            if not line:
                break
            order = json.loads(line)
            if sockets:
                connection = socket.socket(fileno=sockets[0])
                limits, folder = Limits(**order["limits"]), Path(order["folder"])
                with connection:
                    run = partial(play, connection, folder, order["pixels"], limits, isolation)
                    pid = _fork(connection, folder, run)
                players.add(pid)
                _tell(control, player=pid)
            else:
                players.remove(order["end"])
                _tell(control, **_end(order["end"], _PATIENCE if order["closed"] else 0))
    except ConnectionError:
        pass
    finally:
        for pid in players:
            _end(pid, 0)
    shutil.rmtree(scratch, ignore_errors=True)  # after an error of its own its log is read first


def _tell(control: socket.socket, **what: Any) -> None:
    control.sendall(json.dumps(what).encode() + b"\n")


def _fork(connection: socket.socket, folder: Path, run: Callable[[], None]) -> int:
    """Runs a function in a child that has nothing open but `connection`."""
    if pid := os.fork():
        return pid
    status = 1
    try:
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # a stranger's words do not reach the organiser's terminal
            os.dup2(nothing, number)
        kept = connection.fileno()
        os.closerange(3, kept)
        os.closerange(kept + 1, _NUMBERS)
        run()
        status = 0
    finally:
        os._exit(status)


def _try_isolation(scratch: Path) -> Isolation:
    """Returns what a child could shut off, and ends it."""
    ours, theirs = socket.socketpair()

    def run() -> None:
        found = isolate(scratch, Limits())
        theirs.sendall(bytes([found.calls, found.files]))

    with ours:
        with theirs:
            pid = _fork(theirs, scratch, run)
        found = ours.recv(2)
    os.waitpid(pid, 0)
    calls, files = found or (False, False)
    return Isolation(calls=bool(calls), files=bool(files))


def _end(pid: int, patience: float) -> dict[str, int | bool]:
    """Kills a player that does not end by itself in `patience` seconds, and says how it ended."""
    deadline = time.monotonic() + patience
    while not (ended := os.wait4(pid, os.WNOHANG))[0] and time.monotonic() < deadline:
        time.sleep(0.01)
    killed = not ended[0]
    if killed:
        os.kill(pid, signal.SIGKILL)
        ended = os.wait4(pid, 0)
    _, status, usage = ended
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "killed": killed,
        "code": os.waitstatus_to_exitcode(status),
        "memory": usage.ru_maxrss * unit,
    }


if __name__ == "__main__":
    main()
