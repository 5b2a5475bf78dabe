"""Trains the trials of a tuning in processes of their own, several at a time."""

import multiprocessing
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from models.tuning.machine_error import MachineError
from models.tuning.one_trial import Common, Trained
from models.tuning.shares import Share, shares
from models.tuning.tuning import Tuning
from models.tuning.worker import Given, Hits, Message, Progress, work

PATIENCE_SECONDS = 45
"""How long processes may take to write their checkpoints when the tuning is stopped."""

_STOPPED = {128 + signal.SIGTERM, 128 + signal.SIGINT, -signal.SIGTERM}
"""How a process ends that is told to stop; the last before it has begun to listen."""


def train_by_workers(tuning: Tuning, common: Common, parallel: int) -> None:
    """Trains trials until none is left.

    A process that dies takes its trial with it, which has failed, and another takes its place.

    Args:
        tuning: hands the trials out.
        common: what they have in common.
        parallel: how many processes.

    Raises:
        InputError: no other trial would do better: the defaults failed, or the disk is full.
        SystemExit: a process was told to stop, or this one; checkpoints were written first.
    """
    workers = [_Worker(common, share) for share in shares(min(parallel, tuning.left))]
    try:
        while True:
            for worker in workers:
                if worker.number is None and (given := tuning.next()):
                    worker.give(given)
            busy = [worker for worker in workers if worker.number is not None]
            if not busy:
                return
            speaking = wait([worker.connection for worker in busy])
            for worker in busy:
                if worker.connection in speaking:
                    _hear(worker, tuning)
    finally:
        _stop(workers)


class _Worker:
    """A process that trains.

    Attributes:
        connection: to it.
        number: of the trial that it trains; None if it has none.
    """

    def __init__(self, common: Common, share: Share) -> None:
        self._common = common
        self._share = share
        self.number: int | None = None
        self.connection, self._process = self._start()

    def give(self, given: Given) -> None:
        """Lets it train a trial."""
        if not self._process.is_alive():
            self.connection, self._process = self._start()
        self.number = given[0]
        self.connection.send(given)

    def why_it_died(self) -> str:
        """Returns how its process ended; the next trial gets a new one.

        Raises:
            SystemExit: it was told to stop.
        """
        self._process.join()
        self.number = None
        code = self._process.exitcode or 0
        if code in _STOPPED:
            raise SystemExit(code if code > 0 else 128 - code)
        if code == -signal.SIGKILL:
            return (
                "its process was killed, as a machine out of memory does; try a smaller batch or"
                " network, or fewer trials in parallel"
            )
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        return f"its process ended {how}"

    def ask_to_stop(self) -> None:
        """Lets it write a checkpoint and end."""
        if self.number is None:
            with suppress(OSError):
                self.connection.send(None)
        else:
            self._process.terminate()

    def kill(self) -> None:
        """Ends it at once."""
        self._process.kill()

    def _start(self) -> "tuple[Connection[Any, Any], BaseProcess]":
        context = _context()
        ours, theirs = context.Pipe()
        process = context.Process(  # type: ignore[attr-defined]
            target=work, args=(self._common, self._share, theirs), daemon=True
        )
        process.start()
        theirs.close()  # so that only the process has it, and its end is heard
        return ours, process


def _hear(worker: _Worker, tuning: Tuning) -> None:
    """Passes on what a process says."""
    assert worker.number is not None
    number = worker.number
    try:
        said: Message = worker.connection.recv()
    except (EOFError, OSError):
        tuning.fail(number, worker.why_it_died())
        return
    if isinstance(said, Progress):
        tuning.progress(number, said.fraction, said.message)
        return
    if isinstance(said, Hits):
        hopeless = False
        try:
            hopeless = tuning.hopeless(number, said.by_epoch)
        finally:  # it waits for an answer, whatever happens here
            with suppress(OSError):  # it may have died, which is heard next
                worker.connection.send(hopeless)
        return
    worker.number = None
    if isinstance(said, Trained):
        tuning.end(number, said)
    elif said.machine:
        raise MachineError(said.error)
    else:
        tuning.fail(number, said.error)


def _stop(workers: Sequence[_Worker]) -> None:
    """Ends the processes; those that train write a checkpoint first."""
    for worker in workers:
        worker.ask_to_stop()
    end = time.monotonic() + PATIENCE_SECONDS
    left = list(workers)
    while left and (seconds := end - time.monotonic()) > 0:
        speaking = wait([worker.connection for worker in left], seconds)
        for worker in [worker for worker in left if worker.connection in speaking]:
            try:
                if isinstance(worker.connection.recv(), Hits):
                    worker.connection.send(False)
            except (EOFError, OSError):  # it has ended
                left.remove(worker)
    for worker in left:
        worker.kill()


def _context() -> BaseContext:
    """Returns how processes are started: on Linux from one that has imported TensorFlow."""
    if sys.platform != "linux":  # macOS's own libraries do not bear a fork
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["models.tuning.worker"])
    return context
