"""A player's own process: shut off first, then the SavedModel is checked, loaded and questioned."""

import socket
from pathlib import Path

import numpy as np
import tensorflow as tf

from models.battle.contract import (
    NOISE_NUMBERS,
    BrokenRule,
    ForfeitError,
    check_images,
    check_probabilities,
)
from models.battle.isolation import Isolation, isolate
from models.battle.limits import Limits
from models.battle.sandbox_model import load_functions
from models.battle.sandbox_wire import Kind, pack_broken, receive, send

_MOST_QUESTION = 1 << 30
_SHOWN = 200
"""Characters of an exception that are told."""


def play(
    connection: socket.socket, folder: Path, pixels: int, limits: Limits, isolation: Isolation
) -> None:
    """Answers until the other side closes, or a rule is broken, which it tells.

    Args:
        connection: to the match.
        folder: the SavedModel's copy, where this runs; nothing else can be read from here on.
        pixels: height * width.
        limits: of this process.
        isolation: what can be shut off here, and so must have been.
    """
    if isolate(folder, limits) != isolation:
        raise RuntimeError("could not be shut off as others were")
    broken = _answer_questions(connection, pixels, limits)
    send(connection, Kind.BROKEN, pack_broken(broken))


def _answer_questions(connection: socket.socket, pixels: int, limits: Limits) -> list[BrokenRule]:
    """Returns why it ended."""
    doing = "loading"
    try:
        # By a relative path: the scratch folder's name in an error differs from run to run.
        functions = load_functions(Path(), pixels)
        widths = (NOISE_NUMBERS, pixels)
        for function, width in zip(functions, widths, strict=True):
            function(np.zeros((1, width), np.float32))  # what is only slow once is no slow answer
        send(connection, Kind.READY)
        while True:
            longest = {Kind.GENERATE: _MOST_QUESTION, Kind.DISCRIMINATE: _MOST_QUESTION}
            kind, body = receive(connection, longest)
            doing = kind.name.lower()
            question = np.frombuffer(body, np.float32).reshape(-1, widths[kind])
            answer = functions[kind](question)
            if kind == Kind.GENERATE:
                broken = check_images(answer, len(question), pixels)
            else:
                broken = check_probabilities(answer, len(question))
            if broken:
                return broken
            send(connection, Kind.ANSWER, answer.tobytes())
    except ForfeitError as error:
        return error.broken
    except (MemoryError, tf.errors.ResourceExhaustedError):
        return [BrokenRule("memory", f"{doing}: {limits.memory_told}")]
    except Exception as error:
        lines = str(error).strip().splitlines() or [""]
        told = f"{doing} failed: {type(error).__name__}: {lines[0][:_SHOWN]}"
        return [BrokenRule("crash", told)]
