"""A process that trains trials, one after the other, for the tuning that started it.

Its connection carries a trial's number and values to it, None at the end; what it says is in
`Progress`, `Hits` (which is answered by whether to stop), `Failed` and `Trained`.
"""

import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from models.devices import every_device
from models.tuning.machine_error import MachineError
from models.tuning.one_trial import Common, Trained, train_trial
from models.tuning.shares import Share
from preprocessing.errors import InputError
from preprocessing.examples import Examples

Given = tuple[int, Mapping[str, Any]]
"""A trial's number and values."""


@dataclass(frozen=True)
class Progress:
    """How a trial stands, as `train_trial` tells it."""

    fraction: float
    message: str


@dataclass(frozen=True)
class Hits:
    """The metric of the best epoch so far, by epoch."""

    by_epoch: Mapping[int, float]


@dataclass(frozen=True)
class Failed:
    """A trial failed; `machine` says whether any other would."""

    error: str
    machine: bool


Message = Progress | Hits | Failed | Trained


def work(common: Common, share: Share, connection: "Connection[Any, Any]") -> None:
    """Trains the trials that come, until there are no more or the tuning has ended.

    When the tuning's process is killed this one writes a checkpoint and ends too.

    Args:
        common: what the trials have in common.
        share: what this process has of the machine.
        connection: to the tuning.
    """
    share.take()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    threading.Thread(target=_follow_parent, daemon=True).start()
    with suppress(EOFError, ConnectionError), every_device() as devices:
        examples = Examples(common.examples)
        while given := connection.recv():
            number, values = given

            def progress(fraction: float, message: str) -> None:
                _say(connection, Progress(fraction, message))

            def hopeless(hits: Mapping[int, float]) -> bool:
                return _say(connection, Hits(hits)) and _answer(connection)

            said: Message
            try:
                said = train_trial(common, number, values, examples, devices, progress, hopeless)
            except (InputError, OSError) as error:
                said = Failed(str(error), isinstance(error, MachineError | OSError))
            connection.send(said)


def _say(connection: "Connection[Any, Any]", message: Message) -> bool:
    """Tells the tuning; if it is gone the training stops as after SIGTERM, with a checkpoint."""
    try:
        connection.send(message)
    except OSError:
        signal.raise_signal(signal.SIGTERM)
        return False
    return True


def _answer(connection: "Connection[Any, Any]") -> bool:
    """Returns what the tuning answers."""
    try:
        answer: bool = connection.recv()
    except (EOFError, OSError):
        signal.raise_signal(signal.SIGTERM)
        return False
    return answer


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _follow_parent() -> None:
    """Ends this process, as SIGTERM does, once the one that started it is gone."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
