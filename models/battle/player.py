"""A player as the match sees it: questions go to its process, and every answer is looked at."""

import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from models.battle.contract import (
    Answer,
    BrokenRule,
    Floats,
    ForfeitError,
    Rule,
    check_images,
    check_probabilities,
)
from models.battle.limits import Limits
from models.battle.sandbox_wire import MOST_TOLD, Kind, WireError, receive, send, unpack_broken

_MUCH = 0.4
"""The part of the memory's limit from which on a crash or a late answer is put down to memory."""


@dataclass(frozen=True)
class Ended:
    """How a player's process ended.

    Attributes:
        killed: by the sandbox, as it ran on.
        code: exit status; the negative number of the signal that ended it.
        memory: the most bytes it had in use.
    """

    killed: bool
    code: int
    memory: int


class SandboxedPlayer:
    """A submission that runs in a process of its own: a `Player`."""

    def __init__(
        self,
        connection: socket.socket,
        pixels: int,
        limits: Limits,
        end: Callable[[bool], Ended],
    ) -> None:
        """Waits until the submission is checked and loaded, and has answered once.

        Args:
            connection: to its process.
            pixels: height * width.
            limits: wall times are measured here, the rest in the process.
            end: ends the process and says how it ended; True lets it end by itself first.

        Raises:
            ForfeitError: rules are broken, all that are found; or it did not load.
        """
        self._connection, self._pixels, self._limits, self._end = connection, pixels, limits, end
        late = BrokenRule("time", f"was not loaded within {limits.load_seconds:g} s")
        self._receive(Kind.READY, 0, time.monotonic() + limits.load_seconds, late)

    def generate(self, noise: Floats) -> Answer:
        """Returns an image for each row of noise `[N, 100]`.

        Raises:
            ForfeitError: the answer breaks a rule, or there is none.
        """
        values, seconds = self._ask(Kind.GENERATE, noise, self._pixels)
        self._refuse(check_images(values, len(noise), self._pixels))
        return Answer(values, seconds)

    def discriminate(self, images: Floats) -> Answer:
        """Returns the probability that each image `[N, pixels]` is real.

        Raises:
            ForfeitError: the answer breaks a rule, or there is none.
        """
        values, seconds = self._ask(Kind.DISCRIMINATE, images, 1)
        self._refuse(check_probabilities(values, len(images)))
        return Answer(values[:, 0], seconds)

    def _ask(self, kind: Kind, question: Floats, width: int) -> tuple[Floats, float]:
        most = self._limits.call_seconds
        late = BrokenRule("time", f"{kind.name.lower()}: gave no answer within {most:g} s")
        body = np.ascontiguousarray(question, np.float32).tobytes()
        length = len(question) * width * np.dtype(np.float32).itemsize
        started = time.monotonic()
        try:
            self._connection.settimeout(most)
            send(self._connection, kind, body)
        except TimeoutError:
            self._forfeit(late)
        except ConnectionError:
            self._forfeit_ended()
        answer = self._receive(Kind.ANSWER, length, started + most, late)
        seconds = time.monotonic() - started
        return np.frombuffer(answer, np.float32).reshape(len(question), width), seconds

    def _receive(self, kind: Kind, length: int, deadline: float, late: BrokenRule) -> bytearray:
        try:
            got, body = receive(self._connection, {kind: length, Kind.BROKEN: MOST_TOLD}, deadline)
            if got == Kind.BROKEN:
                self._refuse(unpack_broken(body))
            if len(body) != length:
                raise WireError("sent what was not asked for")
        except TimeoutError:
            self._forfeit(late)
        except WireError:
            self._forfeit_ended()
        return body

    def _refuse(self, broken: list[BrokenRule]) -> None:
        if broken:
            self._end(False)
            raise ForfeitError(broken)

    def _forfeit(self, late: BrokenRule) -> NoReturn:
        ended = self._end(False)
        if _much(ended, self._limits):  # fetching memory is what took so long
            took = f"{late.told}, and took {ended.memory / 2**30:.1f} GiB of memory"
            late = BrokenRule("memory", took)
        raise ForfeitError([late])

    def _forfeit_ended(self) -> NoReturn:
        ended = self._end(True)
        raise ForfeitError([_reason(ended, self._limits)])


def _reason(ended: Ended, limits: Limits) -> BrokenRule:
    """Returns in an audience's words why there is no more answer."""
    name = signal.Signals(-ended.code).name if ended.code < 0 else ""
    rule: Rule = "crash"
    told = f"crashed ({name})" if name else "ended without an answer"
    if ended.killed:
        told = "sent something else than an answer"
    elif name == "SIGXCPU":
        rule, told = "time", f"used more than {limits.cpu_seconds} s of processor time"
    elif name == "SIGKILL":
        rule, told = "memory", "was ended by the system, most likely for its memory"
    elif name and _much(ended, limits):
        rule, told = "memory", limits.memory_told
    return BrokenRule(rule, told)


def _much(ended: Ended, limits: Limits) -> bool:
    return ended.memory > _MUCH * limits.memory_bytes
